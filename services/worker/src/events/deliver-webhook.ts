import type { ConfigSource, WebhookConfig } from '@muxgate/config';
import { createUndiciConnector } from '@muxgate/egress';
import type { Delivered, WebhookJob } from '@muxgate/events';
import { defineError, messageOf, USER_AGENT } from '@muxgate/runtime';
import { UnrecoverableError } from 'bullmq';
import { Agent, request } from 'undici';
import { signWebhook } from './sign-webhook.js';

export const WebhookFailed = defineError('WebhookFailed', 'webhook_failed', 502);

const PATIENCE_MS = 10_000;

/** Posts one event to one webhook: to public addresses unless told, following no redirect, reading no answer. */
export class DeliverWebhook {
  private readonly agents = new Map<boolean, Agent>();

  constructor(
    private readonly config: ConfigSource,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws WebhookFailed, to be tried again; UnrecoverableError where that would be in vain */
  async run({ webhook: name, event }: WebhookJob): Promise<Delivered> {
    const webhook = this.config.current().webhooks.get(name);
    if (webhook === undefined) throw new UnrecoverableError('the webhook is not configured any more');
    const startedAt = this.now();
    const status = await this.post(webhook, event);
    if (status === 410) throw new UnrecoverableError('the receiver is gone (status 410)');
    if (status < 200 || status > 299) throw new WebhookFailed(`the receiver answered with status ${status}`);
    return { status, ms: this.now() - startedAt };
  }

  async close(): Promise<void> {
    await Promise.all([...this.agents.values()].map((agent) => agent.destroy()));
  }

  /** The address is not told: those of chat services are secrets. */
  private async post(webhook: WebhookConfig, event: WebhookJob['event']): Promise<number> {
    const { headers, body } = signWebhook(webhook, event, this.now());
    try {
      const answer = await request(webhook.url, {
        method: 'POST',
        headers: { ...headers, 'user-agent': USER_AGENT },
        body,
        dispatcher: this.agentFor(webhook.allowPrivateNetwork),
        headersTimeout: PATIENCE_MS,
        bodyTimeout: PATIENCE_MS,
        signal: AbortSignal.timeout(2 * PATIENCE_MS),
      });
      await answer.body.dump({ limit: 16_384 }).catch(() => undefined);
      return answer.statusCode;
    } catch (error) {
      throw new WebhookFailed(`the receiver was not reached (${reasonOf(error)})`, { cause: error });
    }
  }

  private agentFor(allowPrivateNetwork: boolean): Agent {
    const known = this.agents.get(allowPrivateNetwork);
    if (known !== undefined) return known;
    const agent = new Agent({
      connect: createUndiciConnector(allowPrivateNetwork, PATIENCE_MS),
      pipelining: 1,
      keepAliveTimeout: 1_000,
    });
    this.agents.set(allowPrivateNetwork, agent);
    return agent;
  }
}

/** System errors name the address and the port only by chance: their code says enough. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: string };
  return code ?? messageOf(error);
}
