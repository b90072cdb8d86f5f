import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { inRefreshTrace, REFRESH_QUEUE, SWEEP_JOB, type RefreshJob } from '@muxgate/refresh-queue';
import type { Logger } from '@muxgate/runtime';
import type { RefreshVault } from '@muxgate/vault';
import type { Job } from 'bullmq';
import type { RefreshCredential } from './refresh-credential.js';
import type { Sweeper } from './sweeper.js';

/** Jobs wait for token endpoints, up to 20 s each, and hardly compute. */
const CONCURRENCY = 64;
/** A job may come twice, or again while it still runs: it is a hint, and the lease decides. */
const LOCK_MS = 60_000;

@Processor(REFRESH_QUEUE, { concurrency: CONCURRENCY, lockDuration: LOCK_MS, maxStalledCount: 5 })
export class RefreshProcessor extends WorkerHost {
  constructor(
    private readonly vault: RefreshVault,
    private readonly refresh: RefreshCredential,
    private readonly sweeper: Sweeper,
    private readonly logger: Logger,
  ) {
    super();
  }

  async process(job: Job<RefreshJob>): Promise<string> {
    if (job.name === SWEEP_JOB) {
      await this.sweeper.sweep();
      return 'swept';
    }
    return inRefreshTrace(job, (data) => this.answer(data));
  }

  private async answer({ credential, newerThan, reason }: RefreshJob): Promise<string> {
    if (reason === 'unauthorized') {
      const answer = await this.vault.requestRefresh(credential, { newerThan });
      if (answer !== 'queued') return answer;
    }
    return this.refresh.run(credential, newerThan);
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job<RefreshJob> | undefined, error: Error): void {
    this.logger.warn({ credential: job?.data.credential, err: error }, 'a refresh job failed');
  }

  /** The connection reports its own state; BullMQ repeats it for every attempt. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.debug({ err: error }, 'BullMQ worker error');
  }
}
