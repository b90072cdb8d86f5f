import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, type Logger } from '@muxgate/runtime';

const EVERY_MS = 2_000;

/** Has the watches look every other second; one that fails does not keep the others from it. */
export class Watchman {
  private readonly stopping = new AbortController();
  private rounds: Promise<void> = Promise.resolve();
  private failing = false;

  constructor(
    private readonly watches: readonly { look(): Promise<void> }[],
    private readonly logger: Logger,
    private readonly everyMs = EVERY_MS,
  ) {}

  start(): void {
    this.rounds = this.round();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.rounds;
  }

  private async round(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const looks = await Promise.allSettled(this.watches.map((watch) => watch.look()));
      const failed = looks.find((look) => look.status === 'rejected');
      if (failed !== undefined && !this.failing)
        this.logger.warn({ reason: messageOf(failed.reason) }, 'what people should hear of is not known now');
      this.failing = failed !== undefined;
      await sleep(this.everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
