import type { RedisClient } from '@muxgate/redis';
import { open } from './envelope.js';
import type { KeyRing } from './key-ring.js';
import { accessKey, CREDENTIAL_INDEX } from './keys.js';
import {
  isRemoved,
  stateOf,
  statusOf,
  type AccessGrant,
  type AccessHash,
  type CredentialState,
} from './record.js';

const PAGE = 100;

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

  /** In the order of their ids; `cursor` is the last id of the page before. */
  async listStates(page: {
    cursor?: string | undefined;
    limit?: number | undefined;
  }): Promise<{ items: CredentialState[]; nextCursor?: string }> {
    const limit = page.limit ?? PAGE;
    const ids = await this.pageOfIds(page.cursor === undefined ? '-' : `(${page.cursor}`, limit + 1);
    const states = await Promise.all(ids.slice(0, limit).map((id) => this.readState(id)));
    const items = states.filter((state) => state !== undefined);
    const last = ids[limit - 1];
    return ids.length > limit && last !== undefined ? { items, nextCursor: last } : { items };
  }

  protected async readHash(credential: string): Promise<AccessHash | undefined> {
    const hash = await this.redis.hgetall(accessKey(credential));
    return isRemoved(hash) ? undefined : hash;
  }

  protected pageOfIds(from: string, limit: number): Promise<string[]> {
    return this.redis.zrange(CREDENTIAL_INDEX, from, '+', 'BYLEX', 'LIMIT', 0, limit);
  }

  private grantOf(credential: string, hash: AccessHash): AccessGrant {
    const provider = hash['provider'] ?? '';
    const generation = Number(hash['generation']);
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
    };
  }
}
