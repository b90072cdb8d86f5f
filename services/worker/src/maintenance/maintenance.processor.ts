import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { MAINTENANCE_QUEUE, REWRAP_JOB } from '@muxgate/refresh-queue';
import type { Logger } from '@muxgate/runtime';
import type { Job } from 'bullmq';
import type { ReapByPolicy } from './reap-by-policy.js';
import type { RewrapVault } from './rewrap-vault.js';

/** One at a time in each worker; a job of a worker that died is taken up by another and goes on. */
@Processor(MAINTENANCE_QUEUE, { concurrency: 1, maxStalledCount: 100 })
export class MaintenanceProcessor extends WorkerHost {
  constructor(
    private readonly rewrapVault: RewrapVault,
    private readonly reapByPolicy: ReapByPolicy,
    private readonly logger: Logger,
  ) {
    super();
  }

  process(job: Job): Promise<string> {
    return job.name === REWRAP_JOB ? this.rewrapVault.run() : this.reapByPolicy.run();
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job | undefined, error: Error): void {
    this.logger.warn({ job: job?.name, err: error }, 'a maintenance job failed, trying again');
  }

  /** The connection reports its own state; BullMQ repeats it for every attempt. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.debug({ err: error }, 'BullMQ worker error');
  }
}
