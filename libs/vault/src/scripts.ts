import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from '@muxgate/redis';

/** Lua is atomic: each script is one transition of a record. They live beside this file, one a transition. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

export const scripts = {
  connect: load('connect'),
  acquire: load('acquire'),
  markSent: load('mark_sent'),
  renew: load('renew'),
  commit: load('commit'),
  fail: load('fail'),
  defer: load('defer'),
  lane: load('lane'),
  requestRefresh: load('request_refresh'),
  remove: load('remove'),
  putKey: load('put_key'),
  removeKey: load('remove_key'),
} as const;

function load(name: string): Script {
  const read = (file: string): string =>
    readFileSync(new URL(`./scripts/${file}.lua`, import.meta.url), 'utf8');
  const text = `${read('shared')}\n${read(name)}`;
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

export async function runScript(
  redis: RedisClient,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script.text, keys.length, ...keys, ...args);
  }
}
