export type { EventData, EventToPublish, EventType, MuxgateEvent } from './event.js';
export {
  WEBHOOK_QUEUE,
  WebhookQueue,
  WebhookTestPending,
  type DeadDelivery,
  type Delivered,
  type TestEvent,
  type WebhookJob,
} from './webhook-queue.js';
export { EVENT_QUEUE, EVENT_QUEUE_PREFIX, EventPublisher } from './event-publisher.js';
