import type { RedisClient } from '@muxgate/redis';
import { open } from './envelope.js';
import type { KeyRing } from './key-ring.js';
import { accessKey, CREDENTIAL_INDEX } from './keys.js';
import {
  isRemoved,
  readMap,
  stateOf,
  statusOf,
  type AccessGrant,
  type AccessHash,
  type CredentialState,
  type CredentialStatus,
} from './record.js';

const PAGE = 100;
/** What one page of a filtered list may cost. */
const MOST_LOOKED_AT = 2_000;
/** So many are read at once where few of them may match. */
const AT_ONCE = 500;
/** Behind every character of an id. */
const AFTER_ALL_IDS = '~';

export interface StateFilter {
  /** ids that begin with it */
  readonly prefix?: string | undefined;
  /** the OAuth provider */
  readonly provider?: string | undefined;
  /** any of these */
  readonly statuses?: readonly CredentialStatus[] | undefined;
}

/** The half of the vault that a gateway may see: access tokens and states. */
export class AccessVault {
  constructor(
    protected readonly redis: RedisClient,
    protected readonly accessRing: KeyRing,
    protected readonly now: () => number = Date.now,
  ) {}

  /** The stored access token, even one that has ended: the caller looks at `expiresAt` and `status`. */
  async readAccess(credential: string): Promise<AccessGrant | undefined> {
    const hash = await this.readHash(credential);
    return hash === undefined ? undefined : this.grantOf(credential, hash);
  }

  async readAllAccess(limit: number): Promise<AccessGrant[]> {
    const ids = await this.pageOfIds('-', limit);
    const grants = await Promise.all(ids.map((id) => this.readAccess(id)));
    return grants.filter((grant) => grant !== undefined);
  }

  /** Cheap: what a gateway asks for to notice a change event that it missed. Unknown credentials are absent. */
  async generations(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await Promise.all(
      ids.map(async (id) => {
        const [generation, provider] = await this.redis.hmget(accessKey(id), 'generation', 'provider');
        return [id, provider == null ? undefined : Number(generation)] as const;
      }),
    );
    return new Map(rows.filter((row): row is readonly [string, number] => row[1] !== undefined));
  }

  async readState(credential: string): Promise<CredentialState | undefined> {
    const hash = await this.readHash(credential);
    return hash === undefined ? undefined : stateOf(credential, hash, this.now());
  }

  /**
   * In the order of their ids; `cursor` is the last id of the page before. With a filter a page may be short, even
   * empty, and still have a next one: a bounded number of records is looked at for each.
   */
  async listStates(
    page: { cursor?: string | undefined; limit?: number | undefined },
    filter: StateFilter = {},
  ): Promise<{ items: CredentialState[]; nextCursor?: string }> {
    const { prefix = '' } = filter;
    const limit = page.limit ?? PAGE;
    const filtered = filter.provider !== undefined || filter.statuses !== undefined;
    const atOnce = filtered ? Math.max(limit, AT_ONCE) : limit;
    const items: CredentialState[] = [];
    // from the later of the two: a cursor of another list must not leave the prefix
    let from = page.cursor !== undefined && page.cursor >= prefix ? `(${page.cursor}` : `[${prefix}`;
    for (let looked = atOnce; ; looked += atOnce) {
      const ids = await this.pageOfIds(from, atOnce + 1, prefix === '' ? '+' : `(${prefix}${AFTER_ALL_IDS}`);
      const states = await Promise.all(ids.slice(0, atOnce).map((id) => this.readState(id)));
      for (const [index, state] of states.entries()) {
        if (state !== undefined && matches(state, filter)) items.push(state);
        const id = ids[index];
        const more = index + 1 < ids.length;
        if (items.length === limit && id !== undefined) return more ? { items, nextCursor: id } : { items };
      }
      const last = ids[atOnce - 1];
      if (ids.length <= atOnce || last === undefined) return { items };
      if (looked >= MOST_LOOKED_AT) return { items, nextCursor: last };
      from = `(${last}`;
    }
  }

  protected async readHash(credential: string): Promise<AccessHash | undefined> {
    const hash = await this.redis.hgetall(accessKey(credential));
    return isRemoved(hash) ? undefined : hash;
  }

  protected pageOfIds(from: string, limit: number, to = '+'): Promise<string[]> {
    return this.redis.zrange(CREDENTIAL_INDEX, from, to, 'BYLEX', 'LIMIT', 0, limit);
  }

  private grantOf(credential: string, hash: AccessHash): AccessGrant {
    const provider = hash['provider'] ?? '';
    const generation = Number(hash['generation']);
    const facts = readMap(hash['facts']);
    return {
      credential,
      provider,
      generation,
      accessToken: open(this.accessRing, hash['access'] ?? '', {
        purpose: 'access',
        credential,
        provider,
        generation,
      }),
      tokenType: hash['tokenType'] ?? 'Bearer',
      expiresAt: Number(hash['expiresAt']),
      status: statusOf(hash, this.now()),
      ...(facts === undefined ? {} : { facts }),
    };
  }
}

function matches(state: CredentialState, { provider, statuses }: StateFilter): boolean {
  return (
    (provider === undefined || state.provider === provider) &&
    (statuses === undefined || statuses.includes(state.status))
  );
}
