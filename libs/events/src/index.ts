export type { EventData, EventToPublish, EventType, MuxgateEvent } from './event.js';
export { EVENT_QUEUE, EVENT_QUEUE_PREFIX, EventPublisher } from './event-publisher.js';
