import { hash } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { open, seal, type KeyRing } from '@muxgate/vault';
import { StateGone, StateMalformed } from './connect.errors.js';

/** What we remember between sending someone to a provider and their return. */
export interface Transaction {
  readonly provider: string;
  readonly credential: string;
  readonly redirectUri: string;
  readonly verifier: string;
  /** name of the admin token that began it */
  readonly actor: string;
  /** hash of the cookie of the browser that began it; absent where a script did */
  readonly browser?: string;
  /** epoch milliseconds */
  readonly expiresAt: number;
}

const LIFETIME_MS = 10 * 60_000;
/** What `createState` makes: 256 random bits. */
const STATE = /^[A-Za-z0-9_-]{43}$/;

/** One record per state, sealed and found by the hash of the state: Redis learns neither state nor verifier. */
export class TransactionStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly ring: KeyRing,
    private readonly now: () => number = Date.now,
  ) {}

  async begin(state: string, transaction: Omit<Transaction, 'expiresAt'>): Promise<Transaction> {
    const record = { ...transaction, expiresAt: this.now() + LIFETIME_MS };
    const id = hash('sha256', state);
    await this.redis.set(
      keyOf(id),
      seal(this.ring, JSON.stringify(record), contextOf(id)),
      'PX',
      LIFETIME_MS,
    );
    return record;
  }

  /** Reads without using up, so that a forged answer costs the rightful one nothing. */
  async load(state: string | undefined): Promise<Transaction> {
    const id = idOf(state);
    const envelope = await this.redis.get(keyOf(id));
    if (envelope === null) throw gone();
    return JSON.parse(open(this.ring, envelope, contextOf(id))) as Transaction;
  }

  /** Uses the state up; of several at once exactly one gets past. */
  async consume(state: string | undefined): Promise<void> {
    if ((await this.redis.del(keyOf(idOf(state)))) !== 1) throw gone();
  }
}

function idOf(state: string | undefined): string {
  if (state === undefined || !STATE.test(state)) {
    throw new StateMalformed('The answer has no state of ours.');
  }
  return hash('sha256', state);
}

function gone(): Error {
  return new StateGone('This state was used already, or has expired. Start a new connection.');
}

function keyOf(id: string): string {
  return `muxgate:oauth:transaction:${id}`;
}

function contextOf(id: string) {
  return { purpose: 'transaction', credential: id, provider: '', generation: 0 } as const;
}
