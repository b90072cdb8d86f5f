import type { KeyRing } from '@muxgate/vault';
import type { Cluster, Redis } from 'ioredis';
import { adoptPlainHashes } from './adopt-plain-hashes.js';
import { ClientKeyHasher } from './client-key-hasher.js';
import {
  createClientId,
  createClientKey,
  hashClientKey,
  isUsable,
  type ClientKey,
  type ClientKeyInput,
} from './client-key.js';
import { announce, LAST_USED, ORDER, RECORDS, SECRETS, VERSION } from './keys.js';

/** A key that is valid; after a rotation the one before too, until its end. */
interface Secret {
  readonly hash: string;
  readonly until?: number;
}

interface StoredRecord {
  readonly client: ClientKey;
  readonly secrets: readonly Secret[];
}

/**
 * Puts a record in the place of the one that was read, or of none: ARGV id, what was read, the record (empty: remove
 * it), then how many hashes go, these, and those that come. Answers nothing if the record is another meanwhile, and
 * the id that has the hash already if there is one.
 */
const PUT = `
local id, before, after, gone = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if (redis.call('HGET', KEYS[1], id) or '') ~= before then return false end
for i = 5 + gone, #ARGV do
  local owner = redis.call('HGET', KEYS[2], ARGV[i])
  if owner and owner ~= id then return owner end
end
local hashes = {}
for i = 5, #ARGV do
  if i < 5 + gone then redis.call('HDEL', KEYS[2], ARGV[i]) else redis.call('HSET', KEYS[2], ARGV[i], id) end
  hashes[#hashes + 1] = ARGV[i]
end
if after == '' then
  redis.call('HDEL', KEYS[1], id)
  redis.call('HDEL', KEYS[4], id)
  redis.call('ZREM', KEYS[3], id)
else
  redis.call('HSET', KEYS[1], id, after)
  redis.call('ZADD', KEYS[3], 0, id)
end
${announce('{ hashes = hashes }')}
return id`;

/** Of the page's end the cursor of the next one. */
interface ListPage<T> {
  items: T[];
  nextCursor?: string;
}

/** Client keys in Redis, by the hash of the key: the key itself is shown once and never stored. */
export class ClientKeyStore {
  readonly hasher: ClientKeyHasher;

  constructor(
    private readonly redis: Redis | Cluster,
    ring: KeyRing,
    private readonly now: () => number = Date.now,
  ) {
    this.hasher = new ClientKeyHasher(redis, ring);
  }

  async create(input: ClientKeyInput): Promise<{ client: ClientKey; key: string }> {
    const key = createClientKey();
    return { client: await this.ensure(hashClientKey(key), input), key };
  }

  /** Registers a key that was made elsewhere, by its SHA-256; a key that is known keeps its record. */
  async ensure(sha256: string, input: ClientKeyInput): Promise<ClientKey> {
    await this.hasher.load();
    const createdAt = this.now();
    const client: ClientKey = { mayPin: false, ...input, id: createClientId(createdAt), createdAt };
    const secrets = [{ hash: this.hasher.hash(sha256) }];
    const owner = await this.put(client.id, '', { client, secrets }, secrets);
    return owner === client.id ? client : ((await this.get(owner ?? '')) ?? client);
  }

  /** What is not given stays; what is given as undefined goes. Answers undefined if there is no such key. */
  async update(
    id: string,
    changes: { [K in keyof ClientKeyInput]?: ClientKeyInput[K] | undefined },
  ): Promise<ClientKey | undefined> {
    return this.rewrite(id, ({ client, secrets }) => ({
      client: { ...client, ...changes } as ClientKey,
      secrets,
    }));
  }

  /** A new key for the same client; the one before is valid for a while. Undefined if there is no such client. */
  async rotate(id: string, overlapMs: number): Promise<{ client: ClientKey; key: string } | undefined> {
    await this.hasher.load();
    const key = createClientKey();
    const hash = this.hasher.hash(hashClientKey(key));
    const now = this.now();
    const client = await this.rewrite(id, ({ client: before, secrets }) => ({
      client: { ...before, rotatedAt: now },
      secrets: [{ hash }, ...endingBy(secrets, now + overlapMs, now)],
    }));
    return client && { client, key };
  }

  /** False if there is no such key. */
  async revoke(id: string): Promise<boolean> {
    return (await this.rewrite(id, () => undefined)) !== undefined;
  }

  async get(id: string): Promise<ClientKey | undefined> {
    const text = await this.redis.hget(RECORDS, id);
    return text === null ? undefined : parse(text).client;
  }

  /** The client whose key has this SHA-256, unless it has ended. Who keeps the answer must look again later. */
  async findByHash(sha256: string): Promise<ClientKey | undefined> {
    if (!this.hasher.isReady) await this.hasher.load();
    return this.findByStoredHash(this.hasher.hash(sha256));
  }

  async findByStoredHash(hash: string): Promise<ClientKey | undefined> {
    const id = await this.redis.hget(SECRETS, hash);
    const text = id === null ? null : await this.redis.hget(RECORDS, id);
    const client = text === null ? undefined : clientOf(parse(text), hash);
    return client && isUsable(client, this.now()) ? client : undefined;
  }

  /** Newest first; `cursor` is the last id of the page before. */
  async list(page: { cursor?: string; limit?: number } = {}): Promise<ListPage<ClientKey>> {
    const limit = page.limit ?? 100;
    const from = page.cursor === undefined ? '+' : `(${page.cursor}`;
    const ids = await this.redis.zrevrangebylex(ORDER, from, '-', 'LIMIT', 0, limit + 1);
    const items = (await this.readMany(ids.slice(0, limit))).map(({ client }) => client);
    const last = ids[limit - 1];
    return ids.length > limit && last !== undefined ? { items, nextCursor: last } : { items };
  }

  /** The newest keys by their stored hashes, for a gateway that warms its memory, and the version that they are of. */
  async all(limit: number): Promise<{ version: number; keys: Array<{ hash: string; client: ClientKey }> }> {
    await this.hasher.load();
    const version = await this.version();
    const ids = await this.redis.zrevrangebylex(ORDER, '+', '-', 'LIMIT', 0, limit);
    const records = await this.readMany(ids);
    const keys = records.flatMap((record) =>
      record.secrets.map(({ hash }) => ({ hash, client: clientOf(record, hash) as ClientKey })),
    );
    return { version, keys };
  }

  /** For the first start after an older version; later ones find nothing to do. */
  async adoptPlainHashes(): Promise<number> {
    return adoptPlainHashes(this.redis, this.hasher);
  }

  /** Counts every change to keys and teams. */
  async version(): Promise<number> {
    return Number((await this.redis.get(VERSION)) ?? 0);
  }

  async recordUse(lastUsed: ReadonlyMap<string, number>): Promise<void> {
    if (lastUsed.size > 0) await this.redis.hset(LAST_USED, lastUsed);
  }

  async lastUsed(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (ids.length === 0) return new Map();
    const times = await this.redis.hmget(LAST_USED, ...ids);
    return new Map(
      ids.flatMap((id, index) => (times[index] == null ? [] : [[id, Number(times[index])] as const])),
    );
  }

  /** Reads, changes and writes until nobody else has written between; answers the client that was put or removed. */
  private async rewrite(
    id: string,
    change: (record: StoredRecord) => StoredRecord | undefined,
  ): Promise<ClientKey | undefined> {
    for (;;) {
      const before = await this.redis.hget(RECORDS, id);
      if (before === null) return undefined;
      const record = parse(before);
      const next = change(record);
      const touched = next === undefined ? [] : [...next.secrets];
      const gone = record.secrets.filter(({ hash }) => !touched.some((kept) => kept.hash === hash));
      if ((await this.put(id, before, next, touched, gone)) === id) return (next ?? record).client;
    }
  }

  private async put(
    id: string,
    before: string,
    record: StoredRecord | undefined,
    kept: readonly Secret[],
    gone: readonly Secret[] = [],
  ): Promise<string | undefined> {
    const hashes = [...gone, ...kept].map(({ hash }) => hash);
    const after = record === undefined ? '' : JSON.stringify(record);
    const args = [id, before, after, gone.length, ...hashes];
    const answer = await this.redis.eval(PUT, 4, RECORDS, SECRETS, ORDER, LAST_USED, ...args);
    return typeof answer === 'string' ? answer : undefined;
  }

  private async readMany(ids: string[]): Promise<StoredRecord[]> {
    if (ids.length === 0) return [];
    const records = await this.redis.hmget(RECORDS, ...ids);
    return records.flatMap((text) => (text === null ? [] : [parse(text)]));
  }
}

/** The secrets that stay when a new one comes: those valid now, and no longer than `end`. */
function endingBy(secrets: readonly Secret[], end: number, now: number): Secret[] {
  return secrets
    .map(({ hash, until = Infinity }) => ({ hash, until: Math.min(until, end) }))
    .filter(({ until }) => until > now);
}

/** The client as this key of it shows: a key that was rotated away ends sooner. */
function clientOf({ client, secrets }: StoredRecord, hash: string): ClientKey | undefined {
  const secret = secrets.find((known) => known.hash === hash);
  if (secret?.until === undefined) return secret && client;
  return { ...client, expiresAt: Math.min(secret.until, client.expiresAt ?? Infinity) };
}

function parse(text: string): StoredRecord {
  return JSON.parse(text) as StoredRecord;
}
