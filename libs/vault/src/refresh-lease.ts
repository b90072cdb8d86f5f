import { instantOf, splitScopes } from './record.js';

/** The right to spend one refresh token, once. */
export interface RefreshLease {
  readonly credential: string;
  readonly provider: string;
  /** The generation whose refresh token may be spent; the new token set becomes the next. */
  readonly generation: number;
  /** Grows with every grant. */
  readonly fence: number;
  readonly owner: string;
  readonly clientId: string;
  /** None: the provider issued none. */
  readonly sealedRefreshToken: string | undefined;
  readonly scopes: readonly string[];
  readonly account: string | undefined;
  readonly refreshAt: number;
  readonly expiresAt: number;
  readonly refreshExpiresAt: number | undefined;
  readonly connectedAt: number | undefined;
  /** How many refreshes in a row brought a token no longer-lived than the one before. */
  readonly ineffective: number;
  /** How many attempts failed since the last success. */
  readonly failures: number;
  /** An earlier attempt was sent and its answer lost: the provider may have rotated (`unknown_rotation`). */
  readonly unknownRotation: boolean;
  /** Epoch ms; when that was first noticed. */
  readonly unknownSince: number | undefined;
  /** A token set of this authorization that lost a race and is still unspent. */
  readonly orphan: OrphanedTokenSet | undefined;
}

/** As much of a lease as a commit needs; it outlives the lease, since a token set that was issued stays valid. */
export type CommittableLease = Pick<
  RefreshLease,
  | 'credential'
  | 'provider'
  | 'generation'
  | 'fence'
  | 'sealedRefreshToken'
  | 'expiresAt'
  | 'refreshExpiresAt'
  | 'connectedAt'
  | 'ineffective'
>;

export interface OrphanedTokenSet {
  readonly field: string;
  /** The generation it was issued in exchange for. */
  readonly base: number;
  readonly sealed: string;
}

/** A lease without what only its holder needs. */
export function committable(lease: CommittableLease): CommittableLease {
  const { credential, provider, generation, fence, sealedRefreshToken } = lease;
  const place = { credential, provider, generation, fence, sealedRefreshToken };
  const { expiresAt, refreshExpiresAt, connectedAt, ineffective } = lease;
  return { ...place, expiresAt, refreshExpiresAt, connectedAt, ineffective };
}

/** The lease that the record's two halves make, as Redis holds them. */
export function leaseOf(
  credential: string,
  owner: string,
  fence: number,
  access: Record<string, string>,
  refresh: Record<string, string>,
): RefreshLease {
  return {
    credential,
    provider: access['provider'] ?? '',
    generation: Number(access['generation']),
    fence,
    owner,
    clientId: refresh['clientId'] ?? '',
    sealedRefreshToken: refresh['refresh'],
    scopes: splitScopes(access['scopes']),
    account: access['account'],
    refreshAt: Number(access['refreshAt']),
    expiresAt: Number(access['expiresAt']),
    refreshExpiresAt: instantOf(access['refreshExpiresAt']),
    connectedAt: instantOf(access['connectedAt']),
    ineffective: Number(refresh['ineffective'] ?? 0),
    failures: Number(refresh['fails'] ?? 0),
    unknownRotation: refresh['unknown'] !== undefined,
    unknownSince: instantOf(refresh['unknown']),
    orphan: newestOrphan(refresh),
  };
}

/** Only of the present authorization: one from before a reconnect may belong to another account. */
function newestOrphan(refresh: Record<string, string>): OrphanedTokenSet | undefined {
  const connected = Number(refresh['connectedGeneration'] ?? 1);
  const orphans = orphansOf(refresh).filter(({ base }) => base >= connected);
  return orphans.sort((a, b) => b.base - a.base || b.fence - a.fence)[0];
}

export function orphansOf(
  refresh: Record<string, string>,
): (OrphanedTokenSet & { readonly fence: number })[] {
  return Object.entries(refresh).flatMap(([field, sealed]) => {
    const [, base, fence] = /^orphan:(\d+):(\d+)$/.exec(field) ?? [];
    return base === undefined ? [] : [{ field, sealed, base: Number(base), fence: Number(fence) }];
  });
}
