import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigSource } from '@muxgate/config';
import { messageOf, type Logger } from '@muxgate/runtime';
import type { RollUp } from '@muxgate/usage';

const EVERY_MS = 60_000;

/** Rolls hours of usage up into days, and forgets what is too old. Any number of workers may do it at once. */
export class UsageRollUps {
  private readonly stopping = new AbortController();
  private ticking: Promise<void> = Promise.resolve();

  constructor(
    private readonly rollUp: RollUp,
    private readonly config: ConfigSource,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.ticking = this.tick();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ticking;
  }

  private async tick(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.runOnce();
      } catch (error) {
        this.logger.warn({ reason: messageOf(error) }, 'usage was not rolled up, trying on');
      }
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async runOnce(): Promise<void> {
    const { clients, usage } = this.config.current();
    const days = await this.rollUp.run(clients.timeZone, {
      hourDays: usage.hourRetentionDays,
      dayDays: usage.dayRetentionDays,
      requestDays: usage.requestRetentionDays,
    });
    if (days.length > 0) this.logger.info({ days }, 'usage is rolled up');
  }
}
