import type { Cluster, Redis } from 'ioredis';
import {
  createClientId,
  createClientKey,
  hashClientKey,
  isExpired,
  type ClientKey,
  type ClientKeyInput,
} from './client-key.js';

/** Pub/sub channel; every message is a {@link ClientKeyChange} in JSON. */
export const CLIENT_KEY_EVENTS = 'muxgate:events:client-key';

export interface ClientKeyChange {
  hash: string;
  change: 'created' | 'revoked';
}

const RECORDS = 'muxgate:{clients}:records'; // sha256 of the key → ClientKey as JSON
const HASHES = 'muxgate:{clients}:hashes'; // id → sha256 of the key
const ORDER = 'muxgate:{clients}:order'; // ids, which sort by time of creation

/** Adds a record unless the hash is known: answers what is stored already, or nothing. */
const ADD = `
local existing = redis.call('HGET', KEYS[1], ARGV[1])
if existing then return existing end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[3], 0, ARGV[2])
return false`;

/** Removes a record by id: answers the hash it had, or nothing. */
const REMOVE = `
local hash = redis.call('HGET', KEYS[2], ARGV[1])
if not hash then return false end
redis.call('HDEL', KEYS[1], hash)
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return hash`;

/** Client keys in Redis, by the hash of the key: the key itself is shown once and never stored. */
export class ClientKeyStore {
  constructor(
    private readonly redis: Redis | Cluster,
    private readonly now: () => number = Date.now,
  ) {}

  async create(input: ClientKeyInput): Promise<{ client: ClientKey; key: string }> {
    const key = createClientKey();
    return { client: await this.ensure(hashClientKey(key), input), key };
  }

  /** Registers a key that was made elsewhere, by its hash; a hash that is known keeps its record. */
  async ensure(hash: string, input: ClientKeyInput): Promise<ClientKey> {
    const createdAt = this.now();
    const client: ClientKey = { mayPin: false, ...input, id: createClientId(createdAt), createdAt };
    const existing = await this.redis.eval(
      ADD,
      3,
      RECORDS,
      HASHES,
      ORDER,
      hash,
      client.id,
      JSON.stringify(client),
    );
    if (typeof existing === 'string') return parse(existing);
    await this.announce({ hash, change: 'created' });
    return client;
  }

  async get(id: string): Promise<ClientKey | undefined> {
    const hash = await this.redis.hget(HASHES, id);
    return hash === null ? undefined : this.read(hash);
  }

  /** The client whose key has this hash, unless it has expired. Who keeps the answer must look at `expiresAt` again. */
  async findByHash(hash: string): Promise<ClientKey | undefined> {
    const client = await this.read(hash);
    return client && !isExpired(client, this.now()) ? client : undefined;
  }

  /** Newest first; `cursor` is the last id of the page before. */
  async list(page: { cursor?: string; limit?: number } = {}): Promise<{
    items: ClientKey[];
    nextCursor?: string;
  }> {
    const limit = page.limit ?? 100;
    const ids = await this.redis.zrevrangebylex(
      ORDER,
      page.cursor === undefined ? '+' : `(${page.cursor}`,
      '-',
      'LIMIT',
      0,
      limit + 1,
    );
    const items = (await this.readMany(ids.slice(0, limit))).map(({ client }) => client);
    const last = ids[limit - 1];
    return ids.length > limit && last !== undefined ? { items, nextCursor: last } : { items };
  }

  /** The newest clients with the hashes of their keys, for a gateway that warms its memory. */
  async all(limit: number): Promise<Array<{ hash: string; client: ClientKey }>> {
    return this.readMany(await this.redis.zrevrangebylex(ORDER, '+', '-', 'LIMIT', 0, limit));
  }

  /** False if there is no such key. */
  async revoke(id: string): Promise<boolean> {
    const hash = await this.redis.eval(REMOVE, 3, RECORDS, HASHES, ORDER, id);
    if (typeof hash !== 'string') return false;
    await this.announce({ hash, change: 'revoked' });
    return true;
  }

  private async read(hash: string): Promise<ClientKey | undefined> {
    const text = await this.redis.hget(RECORDS, hash);
    return text === null ? undefined : parse(text);
  }

  private async readMany(ids: string[]): Promise<Array<{ hash: string; client: ClientKey }>> {
    if (ids.length === 0) return [];
    const hashes = (await this.redis.hmget(HASHES, ...ids)).filter((hash) => hash !== null);
    if (hashes.length === 0) return [];
    const records = await this.redis.hmget(RECORDS, ...hashes);
    return hashes.flatMap((hash, index) => {
      const text = records[index];
      return text == null ? [] : [{ hash, client: parse(text) }];
    });
  }

  private async announce(change: ClientKeyChange): Promise<void> {
    await this.redis.publish(CLIENT_KEY_EVENTS, JSON.stringify(change));
  }
}

function parse(text: string): ClientKey {
  return JSON.parse(text) as ClientKey;
}
