import type { ConfigSource } from '@muxgate/config';
import type { EventPublisher } from '@muxgate/events';
import type { RedisClient } from '@muxgate/redis';
import type { CoolDown, CoolDownStore } from '@muxgate/target-health';

/** Provider → when it went down, in epoch milliseconds. */
const DOWN = 'muxgate:providers:down';
/** A target that failed so often in a row is not hiccuping. */
const FAILURES = 3;

/**
 * Says when a provider goes down and when it is back: it is down while a target of it has failed three times in a row
 * and has not answered since. Several workers look; Redis decides which of them tells.
 */
export class WatchProviders {
  constructor(
    private readonly config: ConfigSource,
    private readonly coolDowns: Pick<CoolDownStore, 'all'>,
    private readonly redis: RedisClient,
    private readonly events: Pick<EventPublisher, 'publish'>,
    private readonly now: () => number = Date.now,
  ) {}

  async look(): Promise<void> {
    const failing = failingTargets(await this.coolDowns.all());
    const known = await this.redis.hgetall(DOWN);
    const { providers } = this.config.current();
    for (const [provider, models] of failing) {
      if (known[provider] === undefined && providers.has(provider)) await this.wentDown(provider, models);
    }
    for (const [provider, since] of Object.entries(known)) {
      if (!failing.has(provider)) await this.cameBack(provider, since, providers.has(provider));
    }
  }

  private async wentDown(provider: string, models: readonly string[]): Promise<void> {
    const since = String(this.now());
    if ((await this.redis.hsetnx(DOWN, provider, since)) === 0) return;
    try {
      await this.events.publish({
        type: 'provider.down',
        subject: provider,
        occurrence: since,
        message: `Requests to ${provider} fail again and again.`,
        data: { models: models.join(', ') },
      });
    } catch (error) {
      await this.redis.hdel(DOWN, provider);
      throw error;
    }
  }

  private async cameBack(provider: string, since: string, configured: boolean): Promise<void> {
    if ((await this.redis.hdel(DOWN, provider)) === 0 || !configured) return;
    const downSeconds = Math.round((this.now() - Number(since)) / 1_000);
    await this.events.publish({
      type: 'provider.recovered',
      subject: provider,
      occurrence: since,
      message: `${provider} is back, or nothing was sent there for a while.`,
      data: { downSeconds },
    });
  }
}

/** Failures of one credential say nothing of the provider. */
function failingTargets(coolDowns: readonly CoolDown[]): Map<string, string[]> {
  const byProvider = new Map<string, string[]>();
  for (const { provider, model, credential, failures } of coolDowns) {
    if (credential !== undefined || failures < FAILURES) continue;
    byProvider.set(provider, [...(byProvider.get(provider) ?? []), model]);
  }
  return byProvider;
}
