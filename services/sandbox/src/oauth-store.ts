import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { REUSE_DETAIL } from './stats.js';

const MAX_PER_MODEL = 20_000;
const ACCESS_TOKEN_MODELS = ['AccessToken', 'ClientCredentials'];

interface Entry {
  readonly payload: AdapterPayload;
  readonly expiresAt: number;
}

/** Everything the OAuth server remembers, in memory and bounded: the oldest records of a kind go first. */
export class OAuthStore {
  private readonly models = new Map<string, Map<string, Entry>>();
  private readonly revokedGrants = new Set<string>();

  constructor(private readonly onFamilyRevoked: () => void) {}

  adapter(model: string): Adapter {
    return new MemoryAdapter(this, this.entries(model));
  }

  /** Ends every access token at once and keeps the refresh tokens. @returns how many there were. */
  revokeAccessTokens(): number {
    let count = 0;
    for (const model of ACCESS_TOKEN_MODELS) {
      const entries = this.entries(model);
      for (const entry of entries.values()) if (entry.expiresAt > Date.now()) count += 1;
      entries.clear();
    }
    return count;
  }

  /** A family is one grant and every token that descends from it. */
  revokeFamily(grantId: string): void {
    if (this.revokedGrants.has(grantId)) return;
    this.revokedGrants.add(grantId);
    const [oldest] = this.revokedGrants;
    if (this.revokedGrants.size > MAX_PER_MODEL && oldest !== undefined) this.revokedGrants.delete(oldest);
    this.entries('Grant').delete(grantId);
    for (const entries of this.models.values()) deleteByGrant(entries, grantId);
    this.onFamilyRevoked();
  }

  /** A refresh that was under way when its family was revoked must not leave a live token behind. */
  isRevoked(grantId: string | undefined): boolean {
    return grantId !== undefined && this.revokedGrants.has(grantId);
  }

  private entries(model: string): Map<string, Entry> {
    let entries = this.models.get(model);
    if (entries === undefined) this.models.set(model, (entries = new Map()));
    return entries;
  }
}

class MemoryAdapter implements Adapter {
  constructor(
    private readonly store: OAuthStore,
    private readonly entries: Map<string, Entry>,
  ) {}

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    if (this.store.isRevoked(payload.grantId)) return;
    this.entries.delete(id);
    this.entries.set(id, {
      payload,
      expiresAt: expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000,
    });
    const [oldest] = this.entries.keys();
    if (this.entries.size > MAX_PER_MODEL && oldest !== undefined) this.entries.delete(oldest);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const entry = this.entries.get(id);
    if (entry === undefined || entry.expiresAt > Date.now()) return entry?.payload;
    this.entries.delete(id);
    return undefined;
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.findWhere((payload) => payload.uid === uid);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.findWhere((payload) => payload.userCode === userCode);
  }

  /** One caller wins: oidc-provider looks before it consumes, so two concurrent uses could both pass its look. */
  async consume(id: string): Promise<void> {
    const payload = this.entries.get(id)?.payload;
    if (payload === undefined) throw new errors.InvalidGrant('token is gone');
    if (payload.consumed) {
      if (payload.grantId !== undefined) this.store.revokeFamily(payload.grantId);
      throw new errors.InvalidGrant(payload.kind === 'RefreshToken' ? REUSE_DETAIL : 'already used');
    }
    payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    this.entries.delete(id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    deleteByGrant(this.entries, grantId);
  }

  private findWhere(matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const { payload, expiresAt } of this.entries.values()) {
      if (expiresAt > Date.now() && matches(payload)) return payload;
    }
    return undefined;
  }
}

function deleteByGrant(entries: Map<string, Entry>, grantId: string): void {
  for (const [id, { payload }] of entries) if (payload.grantId === grantId) entries.delete(id);
}
