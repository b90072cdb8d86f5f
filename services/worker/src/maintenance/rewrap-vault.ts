import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from '@muxgate/redis';
import type { Logger } from '@muxgate/runtime';
import { pagesOf, SEALED_STORES, type Rewrapped, type Rewrapper, type RewrapProgress } from '@muxgate/vault';
import type { MaintenanceMetrics } from './maintenance.metrics.js';

const PAGE = 50;
/** 500 records a second at most: refreshes and requests go on beside it. */
const PAGE_EVERY_MS = 100;

/** Seals every record with the first keys of the rings, and goes on where a worker before it got to. */
export class RewrapVault {
  constructor(
    private readonly redis: RedisClient,
    private readonly rewrapper: Rewrapper,
    private readonly progress: RewrapProgress,
    private readonly metrics: MaintenanceMetrics,
    private readonly logger: Logger,
  ) {}

  async run(): Promise<string> {
    const state = await this.progress.read();
    if (state === undefined || state.status === 'done') return 'nothing to do';
    const first = Math.max(
      SEALED_STORES.findIndex(({ name }) => name === state.store),
      0,
    );
    for (const [index, store] of SEALED_STORES.slice(first).entries()) {
      for await (const ids of pagesOf(this.redis, store, index === 0 ? state.cursor : '', PAGE)) {
        const pause = sleep(PAGE_EVERY_MS);
        const done = (await Promise.all(ids.map((id) => this.rewrapper.rewrap(store, id)))).flat();
        await this.progress.advance({ store: store.name, cursor: ids.at(-1) ?? '' }, ids.length, done);
        this.count(done);
        await pause;
      }
    }
    await this.progress.finish();
    const { seen, outcomes } = (await this.progress.read()) ?? state;
    this.logger.info({ seen, outcomes }, 'the vault was rewrapped');
    return 'rewrapped';
  }

  private count(done: readonly Rewrapped[]): void {
    for (const outcome of done) this.metrics.rewraps.inc({ outcome });
  }
}
