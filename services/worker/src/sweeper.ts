import { setTimeout as sleep } from 'node:timers/promises';
import type { RefreshQueue } from '@muxgate/refresh-queue';
import { messageOf, type Logger } from '@muxgate/runtime';
import type { DueIndex } from '@muxgate/vault';
import type { ConnectClientCredentials } from './connect-client-credentials.js';
import type { PollDeviceCodes } from './poll-device-codes.js';
import type { WorkerMetrics } from './worker.metrics.js';

/** A due refresh has to start within 2 s. */
const TICK_MS = 800;
const TICK_JITTER_MS = 400;
const REBUILD_EVERY_MS = 30_000;
const BATCH = 500;

/**
 * Turns what is due into jobs. Called by BullMQ's scheduler and by a ticker of this process, since either may stop;
 * deduplication makes one job of both.
 */
export class Sweeper {
  private readonly stopping = new AbortController();
  private ticking: Promise<void> = Promise.resolve();
  private rebuiltAt = 0;
  /** Epoch ms; when the ticker last came round, whether Redis answered or not. */
  private turnedAt = Date.now();
  /** Epoch ms; when a sweep last succeeded. */
  private sweptAt = 0;

  constructor(
    private readonly dueIndex: DueIndex,
    private readonly queue: RefreshQueue,
    private readonly clientCredentials: ConnectClientCredentials,
    private readonly deviceCodes: PollDeviceCodes,
    private readonly metrics: WorkerMetrics,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.ticking = this.tick();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ticking;
    await this.deviceCodes.settled();
  }

  async sweep(): Promise<void> {
    if (Date.now() - this.rebuiltAt >= REBUILD_EVERY_MS) {
      await this.dueIndex.rebuild();
      this.rebuiltAt = Date.now();
    }
    // Not awaited: a slow provider must not keep the others' refreshes waiting. It reports its own failures.
    void this.clientCredentials.connectMissing().catch(() => undefined);
    await this.deviceCodes.pollDue();
    const due = await this.dueIndex.due(Date.now(), BATCH);
    if (due.length > 0) await this.queue.refreshDue(due);
    this.sweptAt = Date.now();
    this.metrics.lastSweep.set(this.sweptAt / 1_000);
  }

  /** How long ago, in ms: the process turns, and its sweeps succeed. */
  age(): { turned: number; swept: number } {
    return { turned: Date.now() - this.turnedAt, swept: Date.now() - this.sweptAt };
  }

  private async tick(): Promise<void> {
    const { signal } = this.stopping;
    let failing = false;
    while (!signal.aborted) {
      this.turnedAt = Date.now();
      try {
        await this.sweep();
        failing = false;
      } catch (error) {
        if (!failing) this.logger.warn({ reason: messageOf(error) }, 'a sweep failed, trying on');
        failing = true;
      }
      await sleep(TICK_MS + Math.random() * TICK_JITTER_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
