import { EVENT_QUEUE, EVENT_QUEUE_PREFIX, type MuxgateEvent } from '@muxgate/events';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

/** Events that were published and that nobody took yet, the newest first. */
export async function publishedEvents(redis: Redis): Promise<MuxgateEvent[]> {
  const queue = new Queue<MuxgateEvent>(EVENT_QUEUE, { connection: redis, prefix: EVENT_QUEUE_PREFIX });
  const jobs = await queue.getJobs(['waiting']);
  await queue.close();
  return jobs.map(({ data }) => data);
}
