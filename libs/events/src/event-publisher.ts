import { hash, randomUUID } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { Queue } from 'bullmq';
import type { EventToPublish, MuxgateEvent } from './event.js';

/** In braces, so that all of a queue's keys share one slot of a Redis Cluster. */
export const EVENT_QUEUE_PREFIX = '{muxgate-events}';
export const EVENT_QUEUE = 'events';

const SAME_FOR_MS = 24 * 3_600_000;
/** An event that no worker took up is worth telling for as long; Redis must not fill with them. */
const KEPT = { removeOnComplete: true, removeOnFail: { count: 100 } } as const;
const ATTEMPTS = { attempts: 5, backoff: { type: 'exponential', delay: 1_000 } } as const;

/**
 * Hands events to the worker, which delivers them to the webhooks that ask for them. Of one occurrence one event is
 * made, however many replicas notice it.
 */
export class EventPublisher {
  private readonly queue: Queue<MuxgateEvent, unknown, string>;

  /** @param redis a connection for commands; it stays the caller's */
  constructor(
    redis: RedisClient,
    private readonly now: () => number = Date.now,
  ) {
    this.queue = new Queue(EVENT_QUEUE, { connection: redis, prefix: EVENT_QUEUE_PREFIX });
    // The connection reports its own state; without a listener an error event would end the process.
    this.queue.on('error', () => undefined);
  }

  /** Rejects when Redis does not answer; the caller decides whether that matters. */
  async publish({
    type,
    subject,
    occurrence,
    message,
    data = {},
    onceUntil = 0,
  }: EventToPublish): Promise<void> {
    const now = this.now();
    const event: MuxgateEvent = {
      // not that of the occurrence: receivers drop an id that they know, and a reminder is a new event
      id: `evt_${randomUUID()}`,
      type,
      at: new Date(now).toISOString(),
      subject,
      message,
      data,
    };
    const id = hash('sha256', JSON.stringify([type, subject, occurrence]), 'hex').slice(0, 32);
    const ttl = Math.max(SAME_FOR_MS, onceUntil - now);
    await this.queue.add(type, event, { ...KEPT, ...ATTEMPTS, deduplication: { id, ttl } });
  }

  /** Leaves the connection, which is the caller's, open. */
  async close(): Promise<void> {
    await this.queue.close();
  }
}
