import type { RedisClient } from '@muxgate/redis';
import { gone, transactionId } from './transaction.store.js';

export type ProgressStatus = 'pending' | 'connected' | 'denied' | 'expired' | 'failed';
export type Completion = 'callback' | 'paste' | 'device';

/** How a connection that was begun is getting on. Holds no secret; times are epoch milliseconds. */
export interface Progress {
  readonly provider: string;
  readonly credential: string;
  readonly completion: Completion;
  readonly status: ProgressStatus;
  readonly expiresAt: number;
  /** a stable code, where it was denied or failed */
  readonly error?: string;
}

/** Long enough for whoever waits to learn the end of it. */
const KEPT_AFTER_END_MS = 10 * 60_000;

/** Beside the sealed transaction, which is gone once it is used: what the command line and the console look at. */
export class ProgressStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly now: () => number = Date.now,
  ) {}

  async begin(id: string, progress: Omit<Progress, 'status' | 'error'>): Promise<void> {
    const { provider, credential, completion, expiresAt } = progress;
    await this.redis
      .multi()
      .hset(keyOf(id), { provider, credential, completion, status: 'pending', expiresAt })
      .pexpireat(keyOf(id), Math.ceil(expiresAt) + KEPT_AFTER_END_MS)
      .exec();
  }

  /** @throws StateMalformed, StateGone */
  async read(state: string): Promise<Progress> {
    const hash = await this.redis.hgetall(keyOf(transactionId(state)));
    const { provider, credential, completion, status, error } = hash;
    if (provider === undefined || credential === undefined) throw gone();
    const expiresAt = Number(hash['expiresAt']);
    const over = status === 'pending' && expiresAt <= this.now();
    return {
      provider,
      credential,
      completion: completion as Completion,
      status: over ? 'expired' : (status as ProgressStatus),
      expiresAt,
      ...(error === undefined ? {} : { error }),
    };
  }

  /** The end of it; of one that Redis has forgotten meanwhile nothing is kept. */
  async end(id: string, status: Exclude<ProgressStatus, 'pending'>, error?: string): Promise<void> {
    if ((await this.redis.exists(keyOf(id))) === 0) return;
    await this.redis
      .multi()
      .hset(keyOf(id), { status, ...(error === undefined ? {} : { error }) })
      .pexpire(keyOf(id), KEPT_AFTER_END_MS)
      .exec();
  }
}

function keyOf(id: string): string {
  return `muxgate:oauth:progress:${id}`;
}
