import { hash } from 'node:crypto';
import type { RedisClient } from '@muxgate/redis';
import { open, seal, type EnvelopeContext } from './envelope.js';
import { VaultContended } from './errors.js';
import type { KeyRing } from './key-ring.js';
import { STORED_KEY_EVENTS, STORED_KEY_INDEX, storedKeyKey, TOMBSTONE_LIFE_MS } from './keys.js';
import { runScript, scripts } from './scripts.js';

/** An upstream API key as operators see it, without the key. Times are epoch milliseconds. */
export interface StoredKeyState {
  readonly credential: string;
  /** Grows by one with every value, and with every removal. */
  readonly generation: number;
  /**
   * The first 8 hexadecimal digits of the value's SHA-256, to compare two keys by. Values short enough to be guessed
   * from it have none.
   */
  readonly fingerprint?: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

/** A key that was opened. */
export interface StoredKey {
  readonly credential: string;
  readonly generation: number;
  readonly value: string;
}

type Hash = Readonly<Record<string, string>>;

const PUT_ATTEMPTS = 5;
const PAGE = 100;
const SHORTEST_FINGERPRINTED = 16;

/** Upstream API keys, sealed under the access ring. Gateways read them, the auth service writes. */
export class StoredKeys {
  constructor(
    private readonly redis: RedisClient,
    private readonly ring: KeyRing,
    private readonly now: () => number = Date.now,
  ) {}

  /** Stores a key, or another value of it. @param who the name of the admin token */
  async put(credential: string, value: string, who: string): Promise<StoredKeyState> {
    await this.redis.zadd(STORED_KEY_INDEX, 0, credential); // first: a record is never without its index entry
    const key = storedKeyKey(credential);
    for (let attempt = 0; attempt < PUT_ATTEMPTS; attempt++) {
      const generation = Number((await this.redis.hget(key, 'generation')) ?? 0);
      const sealed = seal(this.ring, value, storedKeyContext(credential, generation + 1));
      const [stored] = (await runScript(
        this.redis,
        scripts.putKey,
        [key],
        [STORED_KEY_EVENTS, credential, generation, sealed, fingerprintOf(value), this.now(), who],
      )) as [number];
      const state = stored === 1 ? await this.readState(credential) : undefined;
      if (state !== undefined) return state;
    }
    throw new VaultContended(`stored key "${credential}" keeps changing; try again`);
  }

  /** False if there was none. */
  async remove(credential: string): Promise<boolean> {
    const removed = await runScript(
      this.redis,
      scripts.removeKey,
      [storedKeyKey(credential)],
      [STORED_KEY_EVENTS, credential, TOMBSTONE_LIFE_MS],
    );
    await this.redis.zrem(STORED_KEY_INDEX, credential);
    return removed === 1;
  }

  /** The key itself, for those who send it. */
  async read(credential: string): Promise<StoredKey | undefined> {
    const stored = await this.readHash(credential);
    if (stored === undefined) return undefined;
    const generation = Number(stored['generation']);
    const value = open(this.ring, stored['value'] ?? '', storedKeyContext(credential, generation));
    return { credential, generation, value };
  }

  async readState(credential: string): Promise<StoredKeyState | undefined> {
    const stored = await this.readHash(credential);
    return stored === undefined ? undefined : stateOf(credential, stored);
  }

  /** In the order of their ids; `cursor` is the last id of the page before. */
  async list(page: {
    cursor?: string | undefined;
    limit?: number | undefined;
  }): Promise<{ items: StoredKeyState[]; nextCursor?: string }> {
    const limit = page.limit ?? PAGE;
    const from = page.cursor === undefined ? '-' : `(${page.cursor}`;
    const ids = await this.redis.zrange(STORED_KEY_INDEX, from, '+', 'BYLEX', 'LIMIT', 0, limit + 1);
    const states = await Promise.all(ids.slice(0, limit).map((id) => this.readState(id)));
    const items = states.filter((state) => state !== undefined);
    const last = ids[limit - 1];
    return ids.length > limit && last !== undefined ? { items, nextCursor: last } : { items };
  }

  /** Cheap: what a gateway asks for to notice a change event that it missed. Those that are not there are absent. */
  async generations(credentials: readonly string[]): Promise<Map<string, number>> {
    const rows = await Promise.all(
      credentials.map(async (credential) => {
        const [generation, present] = await this.redis.hmget(
          storedKeyKey(credential),
          'generation',
          'fingerprint',
        );
        return present == null ? [] : [[credential, Number(generation)] as const];
      }),
    );
    return new Map(rows.flat());
  }

  private async readHash(credential: string): Promise<Hash | undefined> {
    const stored = await this.redis.hgetall(storedKeyKey(credential));
    return stored['value'] === undefined ? undefined : stored;
  }
}

/** What the envelope of a stored key is bound to; it has no OAuth provider. */
export function storedKeyContext(credential: string, generation: number): EnvelopeContext {
  return { purpose: 'stored-key', credential, provider: '', generation };
}

function fingerprintOf(value: string): string {
  return value.length < SHORTEST_FINGERPRINTED ? '' : hash('sha256', value).slice(0, 8);
}

function stateOf(credential: string, stored: Hash): StoredKeyState {
  const { generation, fingerprint, createdAt, createdBy = '', updatedAt, updatedBy = '' } = stored;
  return {
    credential,
    generation: Number(generation),
    ...(fingerprint ? { fingerprint } : {}),
    createdAt: Number(createdAt),
    createdBy,
    updatedAt: Number(updatedAt),
    updatedBy,
  };
}
