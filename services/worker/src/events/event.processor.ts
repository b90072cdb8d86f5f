import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import type { ConfigSource } from '@muxgate/config';
import { EVENT_QUEUE, type MuxgateEvent, type WebhookQueue } from '@muxgate/events';
import type { Logger } from '@muxgate/runtime';
import type { Job } from 'bullmq';

/** One event → a delivery for each webhook that asks for it. */
@Processor(EVENT_QUEUE, { concurrency: 4 })
export class EventProcessor extends WorkerHost {
  constructor(
    private readonly config: ConfigSource,
    private readonly webhooks: WebhookQueue,
    private readonly logger: Logger,
  ) {
    super();
  }

  async process({ data: event }: Job<MuxgateEvent>): Promise<void> {
    const { type, subject, message } = event;
    this.logger.info({ event: event.id, type, subject }, message);
    for (const { name, events } of this.config.current().webhooks.values())
      if (events.includes(type)) await this.webhooks.deliver(name, event);
  }

  /** The connection reports its own state; BullMQ repeats it for every attempt. */
  @OnWorkerEvent('error')
  onError(error: Error): void {
    this.logger.debug({ err: error }, 'BullMQ worker error');
  }
}
