import type { RedisClient } from '@muxgate/redis';
import { open, seal, type EnvelopeContext } from './envelope.js';
import { KeyRingUnfit } from './errors.js';
import type { KeyRing } from './key-ring.js';
import { KEY_AGES, KEY_CANARIES } from './keys.js';
import { countKeyUse, type KeyUse, type RingName } from './sealed-stores.js';

const VARIABLES = { access: 'MUXGATE_ACCESS_KEYS', refresh: 'MUXGATE_REFRESH_KEYS' } as const;
const TEXT = 'canary';

export type HeldRings = Readonly<Partial<Record<RingName, KeyRing>>>;

/**
 * Each key that ever sealed has a canary in Redis, so that a process with another ring finds out before it serves: a
 * key that is not the one of its id, or one that is missing although envelopes still need it.
 *
 * @param options.plant whether to leave canaries for keys that have none, and take away those of keys nobody needs
 * @throws KeyRingUnfit naming every variable and key id at fault
 */
export async function assertRingsFit(
  redis: RedisClient,
  rings: HeldRings,
  options: { plant: boolean },
): Promise<void> {
  const held = Object.entries(rings) as [RingName, KeyRing][];
  if (options.plant) await plant(redis, held);
  const canaries = await redis.hgetall(KEY_CANARIES);
  const problems: string[] = [];
  let use: KeyUse | undefined;
  for (const [field, envelope] of Object.entries(canaries)) {
    const [name, kid = ''] = field.split('.') as [RingName, string?];
    const ring = rings[name];
    if (ring === undefined) continue;
    if (ring.key(kid) !== undefined) {
      if (!opens(ring, envelope, name))
        problems.push(
          `${VARIABLES[name]}: the key "${kid}" is another than the one that sealed what is in Redis`,
        );
      continue;
    }
    use ??= await countKeyUse(redis);
    const sealed = use[name].get(kid) ?? 0;
    if (sealed > 0)
      problems.push(
        `${VARIABLES[name]}: the key "${kid}" is missing, and ${sealed} envelopes in Redis are sealed with it`,
      );
    else if (options.plant) await Promise.all([redis.hdel(KEY_CANARIES, field), redis.hdel(KEY_AGES, field)]);
  }
  if (problems.length > 0) throw new KeyRingUnfit(problems.join('\n'));
}

/** HSETNX: of two processes that start at once with different keys under one id, the second finds the first's. */
async function plant(redis: RedisClient, held: readonly [RingName, KeyRing][]): Promise<void> {
  const now = Date.now();
  await Promise.all(
    held.flatMap(([name, ring]) =>
      ring.kids.flatMap((kid) => [
        redis.hsetnx(KEY_CANARIES, fieldOf(name, kid), seal(ring, TEXT, contextOf(name), kid)),
        redis.hsetnx(KEY_AGES, fieldOf(name, kid), now),
      ]),
    ),
  );
}

/** When a process first came with a key, epoch milliseconds; undefined for one that none came with. */
export async function readKeyAges(
  redis: RedisClient,
): Promise<(name: RingName, kid: string) => number | undefined> {
  const ages = await redis.hgetall(KEY_AGES);
  return (name, kid) => {
    const since = ages[fieldOf(name, kid)];
    return since === undefined ? undefined : Number(since);
  };
}

function fieldOf(name: RingName, kid: string): string {
  return `${name}.${kid}`;
}

function opens(ring: KeyRing, envelope: string, name: RingName): boolean {
  try {
    return open(ring, envelope, contextOf(name)) === TEXT;
  } catch {
    return false;
  }
}

function contextOf(name: RingName): EnvelopeContext {
  return { purpose: 'canary', credential: name, provider: '', generation: 0 };
}
