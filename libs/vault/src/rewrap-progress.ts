import { randomUUID } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { REWRAP } from './keys.js';
import type { Rewrapped } from './rewrap.js';
import { SEALED_STORES } from './sealed-stores.js';

/** Where a rewrap is: it goes on from here after its worker died. Times are epoch milliseconds. */
export interface RewrapState {
  readonly id: string;
  readonly status: 'queued' | 'running' | 'done';
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly finishedAt?: number;
  /** How many records there were at the start, and how many were looked at. */
  readonly total: number;
  readonly seen: number;
  readonly outcomes: Readonly<Record<Rewrapped, number>>;
  /** Where to go on: the store, and the last id that was looked at. */
  readonly store: string;
  readonly cursor: string;
}

const OUTCOMES = ['rewrapped', 'current', 'raced', 'unopened'] as const satisfies readonly Rewrapped[];

export class RewrapProgress {
  constructor(
    private readonly redis: RedisClient,
    private readonly now: () => number = Date.now,
  ) {}

  async begin(requestedBy: string): Promise<RewrapState> {
    const sizes = await Promise.all(SEALED_STORES.map(({ index }) => this.redis.zcard(index)));
    const fields = {
      id: randomUUID(),
      status: 'queued',
      requestedBy,
      requestedAt: this.now(),
      total: sizes.reduce((sum, size) => sum + size, 0),
      seen: 0,
      store: SEALED_STORES[0]?.name ?? '',
      cursor: '',
    };
    await this.redis.multi().del(REWRAP).hset(REWRAP, fields).exec();
    return stateOf(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)])));
  }

  async read(): Promise<RewrapState | undefined> {
    const hash = await this.redis.hgetall(REWRAP);
    return hash['id'] === undefined ? undefined : stateOf(hash);
  }

  /** One step: what was done and where to go on, together. */
  async advance(
    place: { store: string; cursor: string },
    seen: number,
    done: readonly Rewrapped[],
  ): Promise<void> {
    const step = this.redis
      .multi()
      .hset(REWRAP, { status: 'running', ...place })
      .hincrby(REWRAP, 'seen', seen);
    for (const outcome of OUTCOMES) {
      const times = done.filter((one) => one === outcome).length;
      if (times > 0) step.hincrby(REWRAP, outcome, times);
    }
    await step.exec();
  }

  async finish(): Promise<void> {
    await this.redis.hset(REWRAP, { status: 'done', finishedAt: this.now() });
  }
}

function stateOf(hash: Record<string, string>): RewrapState {
  const { id = '', status, requestedBy = '', store = '', cursor = '', finishedAt } = hash;
  return {
    id,
    status: status as RewrapState['status'],
    requestedBy,
    requestedAt: Number(hash['requestedAt']),
    ...(finishedAt === undefined ? {} : { finishedAt: Number(finishedAt) }),
    total: Number(hash['total']),
    seen: Number(hash['seen']),
    outcomes: Object.fromEntries(
      OUTCOMES.map((name) => [name, Number(hash[name] ?? 0)]),
    ) as RewrapState['outcomes'],
    store,
    cursor,
  };
}
