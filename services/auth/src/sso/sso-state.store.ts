import { hash, randomBytes } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { open, seal, type KeyRing } from '@muxgate/vault';
import { SsoStateGone } from './sso.errors.js';

/** What is remembered between sending a person to the organisation's provider and their return. */
export interface SsoState {
  readonly verifier: string;
  /** comes back in the id_token */
  readonly nonce: string;
  /** hash of the cookie of the browser that began */
  readonly browser: string;
  /** a path of the console */
  readonly returnTo: string;
}

const LIFETIME_MS = 10 * 60_000;
const STATE = /^[A-Za-z0-9_-]{43}$/;

/** One record per state, sealed, found by the state's hash, used once. */
export class SsoStateStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly ring: KeyRing,
  ) {}

  async begin(record: SsoState): Promise<string> {
    const state = randomBytes(32).toString('base64url');
    const id = hash('sha256', state);
    const sealed = seal(this.ring, JSON.stringify(record), contextOf(id));
    await this.redis.set(keyOf(id), sealed, 'PX', LIFETIME_MS);
    return state;
  }

  /** Reads without using up, so that a forged answer costs the rightful one nothing. */
  async load(state: string | undefined): Promise<SsoState> {
    const id = idOf(state);
    const envelope = await this.redis.get(keyOf(id));
    if (envelope === null) throw gone();
    return JSON.parse(open(this.ring, envelope, contextOf(id))) as SsoState;
  }

  /** Of several at once exactly one gets past. */
  async consume(state: string | undefined): Promise<void> {
    if ((await this.redis.del(keyOf(idOf(state)))) !== 1) throw gone();
  }
}

function idOf(state: string | undefined): string {
  if (state === undefined || !STATE.test(state)) throw gone();
  return hash('sha256', state);
}

function gone(): Error {
  return new SsoStateGone('This sign-in was completed already, or has expired. Start again.');
}

function keyOf(id: string): string {
  return `muxgate:sso:state:${id}`;
}

function contextOf(id: string) {
  return { purpose: 'transaction', credential: id, provider: 'sso', generation: 0 } as const;
}
