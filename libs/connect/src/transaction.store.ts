import { hash } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { open, seal, type KeyRing } from '@muxgate/vault';
import { StateGone, StateMalformed } from './errors.js';

/** What we remember from sending someone to a provider until a token set is stored. */
export interface Transaction {
  readonly provider: string;
  readonly credential: string;
  /** name of the admin token that began it */
  readonly actor: string;
  /** hash of the cookie of the browser that began it; absent where a script did */
  readonly browser?: string;
  /** id of the invitation that it came by */
  readonly invitation?: string;
  /** epoch milliseconds */
  readonly expiresAt: number;
}

/** One that a redirect or a paste completes. */
export interface CodeTransaction extends Transaction {
  readonly redirectUri: string;
  readonly verifier: string;
  /** what the id_token has to repeat, where it is verified */
  readonly nonce?: string;
  /** the client that asked, where it is not the configured one */
  readonly clientId?: string;
}

/** One that the worker completes, by asking the provider until the person has agreed. */
export interface DeviceTransaction extends Transaction {
  readonly deviceCode: string;
  /** address of the caller that began it */
  readonly from: string;
}

/** A code that travels through a browser is worth no more. A device code lives as long as its provider says. */
const CODE_LIFETIME_MS = 10 * 60_000;
/** What `createState` makes: 256 random bits. */
const STATE = /^[A-Za-z0-9_-]{43}$/;

/** One record per state, sealed and found by the hash of the state: Redis learns neither state, verifier nor code. */
export class TransactionStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly ring: KeyRing,
    private readonly now: () => number = Date.now,
  ) {}

  begin(state: string, transaction: Omit<CodeTransaction, 'expiresAt'>): Promise<CodeTransaction> {
    return this.keep(transactionId(state), { ...transaction, expiresAt: this.now() + CODE_LIFETIME_MS });
  }

  beginDevice(state: string, transaction: DeviceTransaction): Promise<DeviceTransaction> {
    return this.keep(transactionId(state), transaction);
  }

  /** Reads without using up, so that a forged answer costs the rightful one nothing. */
  async load(state: string | undefined): Promise<CodeTransaction> {
    const transaction = await this.read(transactionId(state));
    // A device code has no answer that anybody could bring; its state only tells how it goes.
    if (transaction === undefined || !('verifier' in transaction)) throw gone();
    return transaction;
  }

  async loadDevice(id: string): Promise<DeviceTransaction | undefined> {
    const transaction = await this.read(id);
    return transaction !== undefined && 'deviceCode' in transaction ? transaction : undefined;
  }

  /** Uses the state up; of several at once exactly one gets past. */
  async consume(state: string | undefined): Promise<void> {
    if ((await this.redis.del(keyOf(transactionId(state)))) !== 1) throw gone();
  }

  async forgetDevice(id: string): Promise<void> {
    await this.redis.del(keyOf(id));
  }

  private async keep<T extends Transaction>(id: string, transaction: T): Promise<T> {
    const lifetime = Math.max(Math.ceil(transaction.expiresAt - this.now()), 1);
    await this.redis.set(
      keyOf(id),
      seal(this.ring, JSON.stringify(transaction), contextOf(id)),
      'PX',
      lifetime,
    );
    return transaction;
  }

  private async read(id: string): Promise<CodeTransaction | DeviceTransaction | undefined> {
    const envelope = await this.redis.get(keyOf(id));
    if (envelope === null) return undefined;
    return JSON.parse(open(this.ring, envelope, contextOf(id))) as CodeTransaction | DeviceTransaction;
  }
}

/** What Redis knows a state by. Throws `StateMalformed` for what cannot be one of ours. */
export function transactionId(state: string | undefined): string {
  if (state === undefined || !STATE.test(state)) {
    throw new StateMalformed('The answer has no state of ours.');
  }
  return hash('sha256', state);
}

export function gone(): Error {
  return new StateGone('This state was used already, or has expired. Start a new connection.');
}

function keyOf(id: string): string {
  return `muxgate:oauth:transaction:${id}`;
}

function contextOf(id: string) {
  return { purpose: 'transaction', credential: id, provider: '', generation: 0 } as const;
}
