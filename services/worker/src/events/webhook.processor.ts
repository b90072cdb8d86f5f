import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import type { ConfigSource } from '@muxgate/config';
import { WEBHOOK_QUEUE, type Delivered, type WebhookJob } from '@muxgate/events';
import type { Logger } from '@muxgate/runtime';
import { UnrecoverableError, type Job } from 'bullmq';
import type { DeliverWebhook } from './deliver-webhook.js';
import type { EventMetrics } from './event.metrics.js';

@Processor(WEBHOOK_QUEUE, { concurrency: 8 })
export class WebhookProcessor extends WorkerHost {
  constructor(
    private readonly config: ConfigSource,
    private readonly delivery: DeliverWebhook,
    private readonly metrics: EventMetrics,
    private readonly logger: Logger,
  ) {
    super();
  }

  async process(job: Job<WebhookJob>): Promise<Delivered> {
    const delivered = await this.delivery.run(job.data);
    this.count(job.data.webhook, 'delivered');
    return delivered;
  }

  @OnWorkerEvent('failed')
  onFailed(job: Job<WebhookJob> | undefined, error: Error): void {
    if (job === undefined) return;
    const dead = error instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1);
    this.count(job.data.webhook, dead ? 'dead' : 'retried');
    const { webhook, event } = job.data;
    this.logger.warn(
      { webhook, event: event.id, attempt: job.attemptsMade, dead, reason: error.message },
      'a webhook was not delivered',
    );
  }

  /** The connection reports its own state; BullMQ repeats it for every attempt. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.debug({ err: error }, 'BullMQ worker error');
  }

  private count(webhook: string, outcome: string): void {
    const known = this.config.current().webhooks.has(webhook);
    this.metrics.deliveries.inc({ webhook: known ? webhook : 'other', outcome });
  }
}
