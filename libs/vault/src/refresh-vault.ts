import { createHmac, randomBytes } from 'node:crypto';
import { CredentialVault, toHash } from './credential-vault.js';
import { open, seal } from './envelope.js';
import { CREDENTIAL_EVENTS, recordKeys } from './keys.js';
import { type CredentialStatus, type StoredTokenSet } from './record.js';
import { leaseOf, type CommittableLease, type OrphanedTokenSet, type RefreshLease } from './refresh-lease.js';
import { ineffectiveUntil, refreshDueAt, type RefreshPolicy } from './refresh-schedule.js';
import { runScript, scripts } from './scripts.js';
import { openTokenSet, sealTokenSet, tokenFields } from './token-fields.js';

/** Longer than a token request may take (20 s), so that no second worker spends while the first may yet answer. */
export const LEASE_MS = 30_000;
/** What a holder that was cut off by a Redis outage gets to come back before its grant is taken over. */
const TAKEOVER_GRACE_MS = 2_000;

export type Acquired =
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'terminal'; readonly status: CredentialStatus }
  | { readonly outcome: 'fresh'; readonly generation: number }
  | { readonly outcome: 'waiting'; readonly until: number }
  | { readonly outcome: 'busy'; readonly owner: string; readonly until: number }
  | { readonly outcome: 'granted'; readonly lease: RefreshLease };

export type Committed =
  | { readonly outcome: 'committed'; readonly generation: number; readonly refreshAt: number }
  | { readonly outcome: 'conflict'; readonly generation: number }
  | { readonly outcome: 'removed' };

export interface RefreshFailure {
  readonly status: 'refresh_failing' | 'reauthorization_required' | 'blocked_by_provider';
  readonly code: string;
  readonly message: string;
  readonly backoffMs: number;
  /** The request was sent and its answer lost. */
  readonly unknownRotation: boolean;
}

/** The worker's side of the vault: the only one that spends refresh tokens. */
export class RefreshVault extends CredentialVault {
  private readonly processKey = randomBytes(32);

  /**
   * @param owner unique to this attempt
   * @param options.seenGeneration the generation that the caller wants replaced, if it knows one
   * @param options.deadOwner a holder that is proved dead; its lease does not count
   */
  async acquire(
    credential: string,
    owner: string,
    options: { seenGeneration?: number | undefined; deadOwner?: string | undefined } = {},
  ): Promise<Acquired> {
    const [outcome, ...rest] = (await runScript(this.redis, scripts.acquire, recordKeys(credential), [
      owner,
      options.seenGeneration ?? '',
      LEASE_MS,
      options.deadOwner ?? '',
      TAKEOVER_GRACE_MS,
    ])) as [Acquired['outcome'], ...unknown[]];
    switch (outcome) {
      case 'missing':
        return { outcome };
      case 'terminal':
        return { outcome, status: rest[0] as CredentialStatus };
      case 'fresh':
        return { outcome, generation: Number(rest[0]) };
      case 'waiting':
        return { outcome, until: Number(rest[0]) };
      case 'busy':
        return { outcome, owner: String(rest[0]), until: Number(rest[1]) };
      case 'granted': {
        const [fence, access, refresh] = rest as [string, string[], string[]];
        return {
          outcome,
          lease: leaseOf(credential, owner, Number(fence), toHash(access), toHash(refresh)),
        };
      }
    }
  }

  /** @throws EnvelopeInvalid when the key that sealed it is gone */
  openRefreshToken(lease: CommittableLease): string | undefined {
    if (lease.sealedRefreshToken === undefined) return undefined;
    const context = { purpose: 'refresh', ...placeOf(lease) } as const;
    return open(this.rings.refreshRing, lease.sealedRefreshToken, context);
  }

  /** @throws EnvelopeInvalid when the key that sealed it is gone */
  openOrphan(lease: RefreshLease, orphan: OrphanedTokenSet): StoredTokenSet {
    const context = { purpose: 'orphan', ...placeOf(lease), generation: orphan.base } as const;
    return openTokenSet(this.rings, orphan.sealed, context);
  }

  /** Proves, before anything is spent, that this process can seal what it is about to receive and open it again. */
  assertSealable(lease: RefreshLease): void {
    for (const ring of [this.rings.accessRing, this.rings.refreshRing]) {
      const context = { purpose: 'escrow', ...placeOf(lease) } as const;
      open(ring, seal(ring, 'canary', context), context);
    }
  }

  /** The same for the same refresh token, however often it was sealed; of no use outside this process. */
  fingerprint(lease: CommittableLease): string | undefined {
    const token = this.openRefreshToken(lease);
    return token === undefined
      ? undefined
      : createHmac('sha256', this.processKey).update(token).digest('base64');
  }

  /** Just before the request is written. False: the lease is lost, nothing may be sent. */
  async markSent(lease: RefreshLease): Promise<boolean> {
    const marked = await runScript(this.redis, scripts.markSent, recordKeys(lease.credential), [
      lease.owner,
      lease.fence,
      lease.generation,
      LEASE_MS,
    ]);
    return marked === 1;
  }

  async renew(lease: RefreshLease): Promise<boolean> {
    const renewed = await runScript(this.redis, scripts.renew, recordKeys(lease.credential), [
      lease.owner,
      lease.fence,
      LEASE_MS,
    ]);
    return renewed === 1;
  }

  /**
   * Stores what the provider issued in exchange for the lease's generation. May be called again after an error:
   * it takes effect once. On `conflict` the token set is kept as an orphan.
   */
  async commit(
    lease: CommittableLease,
    tokenSet: StoredTokenSet,
    schedule: RefreshPolicy,
    orphanField = `orphan:${lease.generation}:${lease.fence}`,
  ): Promise<Committed> {
    const { credential, generation } = lease;
    const now = this.now();
    // A provider that does not rotate answers without a refresh token; the old one lives on, for as long as it did.
    const kept =
      tokenSet.refreshToken === undefined
        ? {
            refreshExpiresAt: lease.refreshExpiresAt,
            ...tokenSet,
            refreshToken: this.openRefreshToken(lease),
          }
        : tokenSet;
    const ineffective = isLongerLived(tokenSet, lease) ? 0 : lease.ineffective + 1;
    const wanted = refreshDueAt(schedule, { ...kept, connectedAt: lease.connectedAt }, now, Math.random());
    const refreshAt =
      ineffective === 0 ? wanted : Math.max(wanted, ineffectiveUntil(ineffective, tokenSet.expiresAt, now));
    const fields = tokenFields(this.rings, { ...placeOf(lease), generation: generation + 1 }, kept, {
      now,
      refreshAt,
    });
    const access = ['lastRefreshAt', String(now), ...fields.access];
    const orphan = sealTokenSet(this.rings, kept, { purpose: 'orphan', ...placeOf(lease) });
    const [outcome, stored] = (await runScript(this.redis, scripts.commit, recordKeys(credential), [
      CREDENTIAL_EVENTS,
      credential,
      generation,
      lease.fence,
      orphanField,
      orphan,
      access.length / 2,
      ...access,
      'ineffective',
      ineffective,
      ...fields.refresh,
    ])) as [Committed['outcome'], number];
    if (outcome === 'removed') return { outcome };
    if (outcome === 'conflict') return { outcome, generation: stored };
    await this.dueIndex.schedule(credential, refreshAt);
    return { outcome, generation: stored, refreshAt };
  }

  /** Puts an orphan in the place of a token set that turned out dead. It counts as obtained now. */
  promote(lease: RefreshLease, orphan: OrphanedTokenSet, schedule: RefreshPolicy): Promise<Committed> {
    return this.commit(lease, this.openOrphan(lease, orphan), schedule, orphan.field);
  }

  /** False: the lease or the generation moved on, the failure does not count. */
  async fail(lease: RefreshLease, failure: RefreshFailure): Promise<boolean> {
    const [recorded, notBefore] = (await runScript(this.redis, scripts.fail, recordKeys(lease.credential), [
      CREDENTIAL_EVENTS,
      lease.credential,
      lease.generation,
      lease.fence,
      failure.status,
      failure.code,
      failure.message,
      Math.round(failure.backoffMs),
      failure.unknownRotation ? '1' : '0',
    ])) as [number, number?];
    if (recorded !== 1 || notBefore === undefined) return false;
    if (failure.status === 'refresh_failing') await this.dueIndex.schedule(lease.credential, notBefore);
    else await this.dueIndex.forget(lease.credential);
    return true;
  }

  /** Gives the lease back before anything was sent; the credential is due again after the pause. */
  async defer(lease: RefreshLease, pauseMs: number): Promise<void> {
    const [deferred, notBefore] = (await runScript(this.redis, scripts.defer, recordKeys(lease.credential), [
      lease.owner,
      lease.fence,
      Math.round(pauseMs),
    ])) as [number, number?];
    if (deferred === 1 && notBefore !== undefined) await this.dueIndex.schedule(lease.credential, notBefore);
  }

  /** A token set in one envelope, bound to the lease it answers, for safe-keeping outside Redis. */
  sealForEscrow(lease: Place, tokenSet: StoredTokenSet): string {
    return sealTokenSet(this.rings, tokenSet, { purpose: 'escrow', ...placeOf(lease) });
  }

  openFromEscrow(lease: Place, envelope: string): StoredTokenSet {
    return openTokenSet(this.rings, envelope, { purpose: 'escrow', ...placeOf(lease) });
  }
}

/** Lifetimes come in whole seconds, and the way takes its time as well. */
const SAME_END_MS = 2_000;

function isLongerLived(tokenSet: StoredTokenSet, before: CommittableLease): boolean {
  return tokenSet.expiresAt > before.expiresAt + SAME_END_MS;
}

type Place = Pick<RefreshLease, 'credential' | 'provider' | 'generation'>;

function placeOf({ credential, provider, generation }: Place): Place {
  return { credential, provider, generation };
}
