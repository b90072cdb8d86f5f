import type { RedisClient } from '@muxgate/redis';
import { carriedTrace, inSpan, type SpanOutline } from '@muxgate/tracing';
import { SpanKind } from '@opentelemetry/api';
import { Queue, type Job } from 'bullmq';

export const REFRESH_QUEUE = 'refresh';
/** In braces, so that all of a queue's keys share one slot of a Redis Cluster. */
export const QUEUE_PREFIX = '{muxgate}';
export const REFRESH_JOB = 'credential';
export const SWEEP_JOB = 'sweep';

export type RefreshReason = 'unauthorized' | 'operator' | 'due';

/** A hint, no more: the credential's record says whether anything is to be done. Never a secret. */
export interface RefreshJob {
  readonly credential: string;
  /** The generation that the asker holds and wants replaced. A sweep does not know it. */
  readonly newerThan?: number;
  readonly reason: RefreshReason;
}

/**
 * Hints for one credential within this time are one job. Short, because a job of a worker that was killed stays
 * `active` until BullMQ notices, and must not keep the next hint out.
 */
const DEDUPLICATION_MS = { expedited: 3_000, due: 1_000 };

/** Never tried again by BullMQ: the record says when. */
const JOB = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

const REOPEN_AFTER_MS = 500;

/** The producer's side: gateways ask for newer tokens, auth and the sweep for due ones. */
export class RefreshQueue {
  private queue: Queue<RefreshJob, unknown, string>;
  private closed = false;

  /** @param source a connection, or a queue that is there already */
  constructor(source: RedisClient | Queue) {
    this.queue = source instanceof Queue ? heard(source) : this.open(source);
  }

  /** BullMQ remembers for ever that Redis was too slow as it began: such a queue is replaced. */
  private open(connection: RedisClient): Queue {
    const queue = heard(new Queue(REFRESH_QUEUE, { connection, prefix: QUEUE_PREFIX }));
    queue.waitUntilReady().catch(() => {
      setTimeout(() => {
        if (!this.closed) this.queue = this.open(connection);
      }, REOPEN_AFTER_MS).unref();
    });
    return queue;
  }

  /** Asks for a generation newer than the caller's, ahead of anything that is merely due. */
  async expedite(input: {
    credential: string;
    newerThan: number;
    reason: 'unauthorized' | 'operator';
  }): Promise<void> {
    await inSpan(`send ${REFRESH_QUEUE}`, outlineOf('send', SpanKind.PRODUCER, input), async () => {
      const metadata = carriedTrace();
      await this.queue.add(REFRESH_JOB, input, {
        ...JOB,
        lifo: true,
        deduplication: {
          id: `${input.reason}-${input.credential}-${input.newerThan}`,
          ttl: DEDUPLICATION_MS.expedited,
        },
        ...(metadata !== undefined && { telemetry: { metadata } }),
      });
    });
  }

  async refreshDue(credentials: readonly string[]): Promise<void> {
    await this.queue.addBulk(
      credentials.map((credential) => ({
        name: REFRESH_JOB,
        data: { credential, reason: 'due' },
        opts: { ...JOB, deduplication: { id: `due-${credential}`, ttl: DEDUPLICATION_MS.due } },
      })),
    );
  }

  /** Has BullMQ itself call for a sweep, beside the workers' own tickers. */
  async scheduleSweep(everyMs: number): Promise<void> {
    await this.queue.upsertJobScheduler(SWEEP_JOB, { every: everyMs }, { name: SWEEP_JOB, opts: JOB });
  }

  /** Jobs by state: waiting, active, delayed, failed. */
  counts(): Promise<Record<string, number>> {
    return this.queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
  }

  /** Leaves the connection, which is the caller's, open. */
  async close(): Promise<void> {
    this.closed = true;
    await this.queue.close();
  }
}

/** Does the work of a job in the trace of whoever asked for it; what was merely due begins one. */
export function inRefreshTrace(
  job: Job<RefreshJob>,
  work: (data: RefreshJob) => Promise<string>,
): Promise<string> {
  const outline = {
    ...outlineOf('process', SpanKind.CONSUMER, job.data),
    carried: job.opts.telemetry?.metadata,
  };
  return inSpan(`process ${REFRESH_QUEUE}`, outline, async (span) => {
    const outcome = await work(job.data);
    span.setAttribute('muxgate.refresh.outcome', outcome);
    return outcome;
  });
}

function outlineOf(operation: string, kind: SpanKind, { credential, reason }: RefreshJob): SpanOutline {
  const attributes = {
    'messaging.system': 'bullmq',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': REFRESH_QUEUE,
    'muxgate.credential.id': credential,
    'muxgate.refresh.reason': reason,
  };
  return { kind, attributes };
}

/** The connection reports its own state; without a listener an error event would end the process. */
function heard(queue: Queue): Queue {
  return queue.on('error', () => undefined);
}
