import type { Cluster, Redis } from 'ioredis';
import type { ClientKeyHasher } from './client-key-hasher.js';
import type { ClientKey } from './client-key.js';
import { announce, ORDER, PLAIN_HASHES, PLAIN_RECORDS, RECORDS, SECRETS } from './keys.js';

const ADOPT = `
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[4])
redis.call('HSET', KEYS[4], ARGV[3], ARGV[2])
redis.call('ZADD', KEYS[5], 0, ARGV[2])
${announce('{ hashes = { ARGV[3] } }')}
return 1`;

/** Keys that an older version stored by their bare SHA-256 are stored by its HMAC from now on; nobody needs a new key. */
export async function adoptPlainHashes(redis: Redis | Cluster, hasher: ClientKeyHasher): Promise<number> {
  const plain = Object.entries(await redis.hgetall(PLAIN_RECORDS));
  if (plain.length === 0) return 0;
  await hasher.load();
  let adopted = 0;
  for (const [sha256, text] of plain) {
    const client = JSON.parse(text) as ClientKey;
    const hash = hasher.hash(sha256);
    const record = JSON.stringify({ client, secrets: [{ hash }] });
    const keys = [PLAIN_RECORDS, PLAIN_HASHES, RECORDS, SECRETS, ORDER];
    adopted += Number(await redis.eval(ADOPT, keys.length, ...keys, sha256, client.id, hash, record));
  }
  return adopted;
}
