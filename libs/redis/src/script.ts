import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from './connect-redis.js';

/** Lua is atomic: a script is one transition of what it looks at. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** The `.lua` files of these names in a directory, as one script. */
export function loadScript(directory: URL, names: readonly string[]): Script {
  const text = names.map((name) => readFileSync(new URL(`${name}.lua`, directory), 'utf8')).join('\n');
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
