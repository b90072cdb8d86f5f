import { setTimeout as delay } from 'node:timers/promises';
import type { RedisClient } from '@muxgate/redis';
import { defineError } from '@muxgate/runtime';
import { Queue, type Job } from 'bullmq';
import type { MuxgateEvent } from './event.js';
import { EVENT_QUEUE_PREFIX } from './event-publisher.js';

export const WEBHOOK_QUEUE = 'webhooks';

/** One event to one webhook. Where it goes and what signs it is looked up when it is sent: nothing secret is here. */
export interface WebhookJob {
  readonly webhook: string;
  readonly event: MuxgateEvent | TestEvent;
}

export type TestEvent = Omit<MuxgateEvent, 'type'> & { readonly type: 'test' };

/** What a receiver answered. */
export interface Delivered {
  readonly status: number;
  readonly ms: number;
}

export interface DeadDelivery {
  readonly id: string;
  readonly event: string;
  readonly type: string;
  readonly subject: string;
  readonly attempts: number;
  /** epoch milliseconds of the last attempt */
  readonly at: number;
  readonly reason: string;
}

export const WebhookTestPending = defineError('WebhookTestPending', 'webhook_test_pending', 504);

/** 5 s, 10 s, 20 s, …, half of each drawn: a receiver may be away for nearly three hours. */
const ATTEMPTS = { attempts: 12, backoff: { type: 'exponential', delay: 5_000, jitter: 0.5 } } as const;
/** Dead deliveries are kept to be looked at, a week or a thousand of them. */
const KEPT = {
  removeOnComplete: { age: 3_600, count: 1_000 },
  removeOnFail: { age: 7 * 86_400, count: 1_000 },
};
const DEAD_SHOWN = 20;
const TEST_PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 100;

/** Deliveries: the worker adds and sends them, auth shows the dead ones and asks for tests. */
export class WebhookQueue {
  private readonly queue: Queue<WebhookJob, Delivered, string>;

  /** @param source a connection for commands, or a queue that is there already */
  constructor(source: RedisClient | Queue) {
    this.queue =
      source instanceof Queue
        ? source
        : new Queue(WEBHOOK_QUEUE, { connection: source, prefix: EVENT_QUEUE_PREFIX });
    // The connection reports its own state; without a listener an error event would end the process.
    this.queue.on('error', () => undefined);
  }

  /** An event goes to a webhook once, however often its own job is tried. */
  async deliver(webhook: string, event: MuxgateEvent): Promise<void> {
    const jobId = `${event.id}-${webhook}`;
    await this.queue.add('delivery', { webhook, event }, { ...KEPT, ...ATTEMPTS, jobId });
  }

  /** Sends one test event, once. @throws WebhookTestPending; an Error with what went wrong */
  async test(webhook: string, event: TestEvent): Promise<Delivered | { readonly reason: string }> {
    const job = await this.queue.add('delivery', { webhook, event }, { attempts: 1, ...KEPT });
    const until = Date.now() + TEST_PATIENCE_MS;
    while (Date.now() < until) {
      const state = await job.getState();
      if (state === 'completed' || state === 'failed') return this.settle(job.id ?? '');
      await delay(LOOK_EVERY_MS);
    }
    await job.remove().catch(() => undefined);
    throw new WebhookTestPending('No worker sent the test in time.');
  }

  /** The newest of those that are tried no more, by webhook. */
  async dead(): Promise<Map<string, DeadDelivery[]>> {
    const byWebhook = new Map<string, DeadDelivery[]>();
    for (const job of await this.queue.getFailed(0, 999)) {
      const { webhook } = job.data;
      const known = byWebhook.get(webhook) ?? [];
      byWebhook.set(webhook, known);
      if (known.length < DEAD_SHOWN) known.push(deadOf(job));
    }
    return byWebhook;
  }

  /** Those that wait for their next attempt, by webhook. */
  async waiting(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const { data } of await this.queue.getJobs(['waiting', 'delayed', 'active'], 0, 999))
      counts.set(data.webhook, (counts.get(data.webhook) ?? 0) + 1);
    return counts;
  }

  /** Leaves the connection, which is the caller's, open. */
  async close(): Promise<void> {
    await this.queue.close();
  }

  private async settle(id: string): Promise<Delivered | { readonly reason: string }> {
    const job = await this.queue.getJob(id);
    const outcome = job?.failedReason === undefined ? job?.returnvalue : { reason: job.failedReason };
    await job?.remove();
    return outcome ?? { reason: 'the outcome is not known' };
  }
}

function deadOf({ id = '', data, attemptsMade, finishedOn, failedReason }: Job<WebhookJob>): DeadDelivery {
  const { event } = data;
  return {
    id,
    event: event.id,
    type: event.type,
    subject: event.subject,
    attempts: attemptsMade,
    at: finishedOn ?? 0,
    reason: failedReason,
  };
}
