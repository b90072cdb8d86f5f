import { randomUUID } from 'node:crypto';
import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { AuditTrail } from '@muxgate/audit';
import { ConfigSource, type WebhookConfig } from '@muxgate/config';
import { WebhookQueue, type DeadDelivery } from '@muxgate/events';
import { Needs } from '../admin/admin.guard.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { ApiPage, isoTime, type Page } from '../http/paging.js';
import { WebhookNotFound } from './webhooks.errors.js';

class DeadView {
  @ApiProperty() id!: string;
  @ApiProperty({ description: 'id of the event' }) event!: string;
  @ApiProperty() type!: string;
  @ApiProperty() subject!: string;
  @ApiProperty() attempts!: number;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty() reason!: string;
}

class WebhookView {
  @ApiProperty() name!: string;
  @ApiProperty({ description: 'the address without its path, which may be a secret' }) origin!: string;
  @ApiProperty({ enum: ['json', 'slack'] }) format!: string;
  @ApiProperty({ type: [String] }) events!: readonly string[];
  @ApiProperty({ description: 'deliveries that are to be tried, or tried again' }) waiting!: number;
  @ApiProperty({ type: [DeadView], description: 'those that were given up, newest first' })
  dead!: readonly DeadView[];
}

class WebhookTestView {
  @ApiProperty() delivered!: boolean;
  @ApiPropertyOptional({ description: 'what the receiver answered' }) status?: number;
  @ApiPropertyOptional() ms?: number;
  @ApiPropertyOptional({ description: 'why it was not delivered' }) reason?: string;
}

/** Who hears of events, and what did not reach them. */
@ApiTags('webhooks')
@Controller('api/webhooks')
export class WebhooksController {
  constructor(
    private readonly config: ConfigSource,
    private readonly queue: WebhookQueue,
    private readonly trail: AuditTrail,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'Configured webhooks, with the deliveries that were given up' })
  @ApiPage(WebhookView)
  async list(): Promise<Page<WebhookView>> {
    const [dead, waiting] = await Promise.all([this.queue.dead(), this.queue.waiting()]);
    const items = [...this.config.current().webhooks.values()].map((webhook) =>
      view(webhook, dead.get(webhook.name) ?? [], waiting.get(webhook.name) ?? 0),
    );
    return { items };
  }

  @Post(':name/test')
  @HttpCode(200)
  @Needs('operator')
  @ApiOperation({ summary: 'Have the worker send a test event, once, and say what came of it' })
  @ApiOkResponse({ type: WebhookTestView })
  async test(@Param('name') name: string, @CalledBy() caller: Caller): Promise<WebhookTestView> {
    if (!this.config.current().webhooks.has(name))
      throw new WebhookNotFound('There is no webhook with this name.');
    const outcome = await this.queue.test(name, {
      id: `evt_${randomUUID()}`,
      type: 'test',
      at: new Date().toISOString(),
      subject: name,
      message: 'This is a test; nothing happened.',
      data: { by: caller.name },
    });
    const delivered = !('reason' in outcome);
    await this.trail.record({
      actor: caller.name,
      action: 'webhook.test',
      subject: name,
      outcome: delivered ? 'success' : 'failure',
      from: caller.address,
    });
    return { delivered, ...outcome };
  }
}

function view(
  { name, url, format, events }: WebhookConfig,
  dead: readonly DeadDelivery[],
  waiting: number,
): WebhookView {
  const shown = dead.map((delivery) => ({ ...delivery, at: isoTime(delivery.at) }));
  return { name, origin: new URL(url).origin, format, events, waiting, dead: shown };
}
