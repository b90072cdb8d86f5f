/** What a credential shows to operators; contract, section 7. */
export type CredentialStatus =
  | 'active'
  | 'refreshing'
  | 'refresh_failing'
  | 'expired'
  | 'reauthorization_required'
  | 'blocked_by_provider';

/** A credential without its secrets. Times are epoch milliseconds. */
export interface CredentialState {
  readonly credential: string;
  readonly provider: string;
  readonly status: CredentialStatus;
  /** Grows by one with every token set. */
  readonly generation: number;
  readonly scopes: readonly string[];
  readonly account?: string;
  readonly obtainedAt: number;
  readonly expiresAt: number;
  readonly refreshAt: number;
  readonly lastRefreshAt?: number;
  /** When the refresh token lapses, where the provider says so. */
  readonly refreshExpiresAt?: number;
  /** When a person gave the authorization. */
  readonly connectedAt?: number;
  /** When somebody last asked for a refresh ahead of time. */
  readonly forcedAt?: number;
  /** What became of the steps after connecting, in words of the preset; never a secret. */
  readonly notes?: Readonly<Record<string, string>>;
  readonly lastError?: { readonly code: string; readonly message: string; readonly at: number };
}

/** An access token that was opened, with what a gateway needs to use it. */
export interface AccessGrant {
  readonly credential: string;
  readonly provider: string;
  readonly generation: number;
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresAt: number;
  readonly status: CredentialStatus;
  /** What headers beside the token are made of. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** A token set as a provider issued it; the shape of `TokenSet` in @muxgate/oauth. */
export interface StoredTokenSet {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  readonly tokenType: string;
  readonly scopes?: readonly string[] | undefined;
  readonly expiresAt: number;
  readonly account?: string | undefined;
  readonly facts?: Readonly<Record<string, string>> | undefined;
  readonly earliestRefreshAt?: number | undefined;
  readonly refreshExpiresAt?: number | undefined;
}

/** The access half of a record as Redis holds it. */
export type AccessHash = Readonly<Record<string, string>>;

export function isRemoved(hash: AccessHash): boolean {
  return hash['provider'] === undefined || hash['removed'] !== undefined;
}

export function stateOf(credential: string, hash: AccessHash, now: number): CredentialState {
  const { account, errorCode, errorMessage, errorAt, lastRefreshAt, forcedAt } = hash;
  const refreshExpiresAt = instantOf(hash['refreshExpiresAt']);
  const connectedAt = instantOf(hash['connectedAt']);
  return {
    credential,
    provider: hash['provider'] ?? '',
    status: statusOf(hash, now),
    generation: Number(hash['generation']),
    scopes: splitScopes(hash['scopes']),
    ...(account ? { account } : {}),
    obtainedAt: Number(hash['obtainedAt']),
    expiresAt: Number(hash['expiresAt']),
    refreshAt: Number(hash['refreshAt']),
    ...(lastRefreshAt ? { lastRefreshAt: Number(lastRefreshAt) } : {}),
    ...(refreshExpiresAt === undefined ? {} : { refreshExpiresAt }),
    ...(connectedAt === undefined ? {} : { connectedAt }),
    ...(forcedAt ? { forcedAt: Number(forcedAt) } : {}),
    ...(hash['notes'] === undefined ? {} : { notes: readMap(hash['notes']) ?? {} }),
    ...(errorCode
      ? { lastError: { code: errorCode, message: errorMessage ?? '', at: Number(errorAt) } }
      : {}),
  };
}

/** `expired` and `refreshing` pass by themselves, so they are derived from times rather than stored. */
export function statusOf(hash: AccessHash, now: number): CredentialStatus {
  const stored = hash['status'] as CredentialStatus;
  if (stored === 'reauthorization_required' || stored === 'blocked_by_provider') return stored;
  if (Number(hash['expiresAt']) <= now) return 'expired';
  if (stored === 'active' && Number(hash['leaseUntil'] ?? 0) > now) return 'refreshing';
  return stored;
}

/** Epoch milliseconds; a field that was emptied holds 0. */
export function instantOf(text: string | undefined): number | undefined {
  return Number(text ?? 0) || undefined;
}

/** A map that is kept in one field. */
export function readMap(text: string | undefined): Record<string, string> | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>);
}

export function splitScopes(text: string | undefined): string[] {
  return text ? text.split(' ') : [];
}
