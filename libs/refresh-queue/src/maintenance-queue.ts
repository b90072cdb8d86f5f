import type { RedisClient } from '@muxgate/redis';
import { Queue } from 'bullmq';
import { QUEUE_PREFIX } from './refresh-queue.js';

export const MAINTENANCE_QUEUE = 'maintenance';
export const REWRAP_JOB = 'rewrap';
export const REAP_JOB = 'reap';

/** Tried again when Redis was away or a worker died: what is to be done, and how far it got, is in a record. */
const JOB = {
  attempts: 100,
  backoff: { type: 'fixed', delay: 5_000 },
  removeOnComplete: true,
  removeOnFail: true,
} as const;

/** Work on the vault as a whole, one job of a kind at a time. */
export class MaintenanceQueue {
  private readonly queue: Queue;

  /** @param source a connection, or a queue that is there already */
  constructor(source: RedisClient | Queue) {
    this.queue =
      source instanceof Queue
        ? source
        : new Queue(MAINTENANCE_QUEUE, { connection: source, prefix: QUEUE_PREFIX });
    // The connection reports its own state; without a listener an error event would end the process.
    this.queue.on('error', () => undefined);
  }

  /** Also harmless while one runs. */
  async rewrap(): Promise<void> {
    await this.queue.add(REWRAP_JOB, {}, { ...JOB, deduplication: { id: REWRAP_JOB } });
  }

  async scheduleReap(everyMs: number): Promise<void> {
    await this.queue.upsertJobScheduler(REAP_JOB, { every: everyMs }, { name: REAP_JOB, opts: JOB });
  }

  counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
  }

  /** Leaves the connection, which is the caller's, open. */
  async close(): Promise<void> {
    await this.queue.close();
  }
}
