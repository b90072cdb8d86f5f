import type { RedisClient } from '@muxgate/redis';
import type { EnvelopeContext } from './envelope.js';
import { CREDENTIAL_INDEX, recordKeys, STORED_KEY_INDEX, storedKeyKey } from './keys.js';
import { orphansOf } from './refresh-lease.js';
import { storedKeyContext } from './stored-keys.js';
import type { KeyRings } from './token-fields.js';

export type RingName = 'access' | 'refresh';

export function ringOf(rings: KeyRings, name: RingName): KeyRings['accessRing'] {
  return name === 'access' ? rings.accessRing : rings.refreshRing;
}

/** One envelope at rest, in a field of a hash. */
export interface SealedField {
  readonly ring: RingName;
  readonly key: string;
  readonly field: string;
  readonly envelope: string;
  readonly context: EnvelopeContext;
}

/** A kind of record that holds envelopes for longer than minutes. Its ids page in the order of their names. */
export interface SealedStore {
  readonly name: string;
  /** A sorted set of equal scores. */
  readonly index: string;
  read(redis: RedisClient, id: string): Promise<SealedField[]>;
}

const tokens: SealedStore = {
  name: 'tokens',
  index: CREDENTIAL_INDEX,
  async read(redis, credential) {
    const [accessKey, refreshKey] = recordKeys(credential);
    const [access, refresh] = await Promise.all([redis.hgetall(accessKey), redis.hgetall(refreshKey)]);
    const { provider } = access;
    if (provider === undefined) return [];
    const generation = Number(access['generation']);
    const place = { credential, provider, generation };
    const orphans = orphansOf(refresh).flatMap(({ field, base, sealed }) =>
      present('refresh', refreshKey, field, sealed, { ...place, purpose: 'orphan', generation: base }),
    );
    return [
      ...present('access', accessKey, 'access', access['access'], { ...place, purpose: 'access' }),
      ...present('refresh', refreshKey, 'refresh', refresh['refresh'], { ...place, purpose: 'refresh' }),
      ...orphans,
    ];
  },
};

const storedKeys: SealedStore = {
  name: 'stored-keys',
  index: STORED_KEY_INDEX,
  async read(redis, credential) {
    const key = storedKeyKey(credential);
    const [generation, value] = await redis.hmget(key, 'generation', 'value');
    return present(
      'access',
      key,
      'value',
      value ?? undefined,
      storedKeyContext(credential, Number(generation)),
    );
  },
};

/** All there are; whoever adds a kind of record with envelopes adds it here. */
export const SEALED_STORES: readonly SealedStore[] = [tokens, storedKeys];

function present(
  ring: RingName,
  key: string,
  field: string,
  envelope: string | undefined,
  context: EnvelopeContext,
): SealedField[] {
  return envelope === undefined ? [] : [{ ring, key, field, envelope, context }];
}

const PAGE = 200;

/** Every id of a store, page by page, from the one after `after` on. */
export async function* pagesOf(
  redis: RedisClient,
  store: SealedStore,
  after = '',
  size = PAGE,
): AsyncGenerator<string[]> {
  let from = after === '' ? '-' : `(${after}`;
  for (;;) {
    const ids = await redis.zrange(store.index, from, '+', 'BYLEX', 'LIMIT', 0, size);
    if (ids.length > 0) yield ids;
    const last = ids.at(-1);
    if (last === undefined || ids.length < size) return;
    from = `(${last}`;
  }
}

/** How many envelopes each key of each ring seals: a key that seals none may leave. */
export type KeyUse = Record<RingName, Map<string, number>>;

export async function countKeyUse(redis: RedisClient): Promise<KeyUse> {
  const use: KeyUse = { access: new Map(), refresh: new Map() };
  for (const store of SEALED_STORES) {
    for await (const ids of pagesOf(redis, store)) {
      const fields = (await Promise.all(ids.map((id) => store.read(redis, id)))).flat();
      for (const { ring, envelope } of fields) {
        const kid = kidOf(envelope);
        use[ring].set(kid, (use[ring].get(kid) ?? 0) + 1);
      }
    }
  }
  return use;
}

/** The id of the key that sealed an envelope; it is written in the open. */
export function kidOf(envelope: string): string {
  return envelope.split('.', 2)[1] ?? '';
}
