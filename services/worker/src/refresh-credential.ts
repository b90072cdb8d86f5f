import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigSource, OAuthProviderConfig } from '@muxgate/config';
import { TokenEndpointError, type TokenSet } from '@muxgate/oauth';
import { defineError, type Logger } from '@muxgate/runtime';
import { activeTraceId } from '@muxgate/tracing';
import {
  authorizationEndsAt,
  LEASE_MS,
  type Acquired,
  type Committed,
  type Lane,
  type RefreshFailure,
  type RefreshHistory,
  type RefreshLease,
  type RefreshVault,
  type StoredTokenSet,
} from '@muxgate/vault';
import type { CommitTokens } from './commit-tokens.js';
import type { Holder } from './holder.js';
import type { ProviderCooldown } from './provider-cooldown.js';
import { settleFailure, type FailedAttempt } from './refresh-failure.js';
import type { Spend, TokenEndpoints } from './token-endpoints.js';
import type { WorkerMetrics } from './worker.metrics.js';

const ProviderNotConfigured = defineError('ProviderNotConfigured', 'provider_not_configured', 422);

/** A lane that is fuller than this is left for later, so that its waiting jobs do not keep others out. */
const LANE_PATIENCE_MS = 3_000;
const TOO_OLD = 'the authorization is older than reauthorizeAfterDays allows';

/** Why nothing was done, or, after a lease, what the attempt came to: `refreshed` or the name of its failure. */
export type RefreshOutcome = string;

/** One credential, one attempt: lease → prove that we can store → mark sent → spend → commit. */
export class RefreshCredential {
  constructor(
    private readonly vault: RefreshVault,
    private readonly config: ConfigSource,
    private readonly endpoints: TokenEndpoints,
    private readonly commits: CommitTokens,
    private readonly cooldown: ProviderCooldown,
    private readonly lane: Lane,
    private readonly holder: Holder,
    private readonly history: RefreshHistory,
    private readonly metrics: WorkerMetrics,
    private readonly logger: Logger,
  ) {}

  async run(credential: string, seenGeneration?: number): Promise<RefreshOutcome> {
    const owner = this.holder.begin();
    try {
      const acquired = await this.acquire(credential, owner, seenGeneration);
      if (acquired.outcome === 'granted') return await this.measured(acquired.lease);
      // A stale hint brought us here; the record knows when to come again.
      if (acquired.outcome !== 'busy') await this.vault.dueIndex.restore(credential);
      return acquired.outcome;
    } finally {
      this.holder.end(owner);
    }
  }

  private async acquire(credential: string, owner: string, seenGeneration?: number): Promise<Acquired> {
    const acquired = await this.vault.acquire(credential, owner, { seenGeneration });
    if (acquired.outcome !== 'busy' || !this.holder.isProvedDead(acquired.owner)) return acquired;
    this.logger.warn({ credential }, 'the holder of a lease is dead, taking over');
    return this.vault.acquire(credential, owner, { seenGeneration, deadOwner: acquired.owner });
  }

  private async measured(lease: RefreshLease): Promise<RefreshOutcome> {
    const startedAt = Date.now();
    const known = this.config.current().oauthProviders.has(lease.provider);
    const provider = known ? lease.provider : 'other';
    this.metrics.lag.observe({ provider }, Math.max(0, startedAt - lease.refreshAt) / 1_000);
    const renewal = setInterval(() => void this.vault.renew(lease).catch(() => false), LEASE_MS / 6);
    let outcome = 'internal';
    try {
      outcome = await this.attempt(lease);
      return outcome;
    } finally {
      clearInterval(renewal);
      this.metrics.refreshes.inc({ provider, outcome });
      const at = Date.now();
      this.metrics.duration.observe({ provider, outcome }, (at - startedAt) / 1_000);
      const { credential, generation } = lease;
      const durationMs = at - startedAt;
      // people look at it, nothing depends on it
      this.history.record(credential, { at, outcome, generation, durationMs }).catch(() => undefined);
      const ended = { trace_id: activeTraceId(), credential, provider, generation, outcome };
      this.logger.info(ended, 'refresh attempt ended');
    }
  }

  private async attempt(lease: RefreshLease): Promise<RefreshOutcome> {
    const provider = this.config.current().oauthProviders.get(lease.provider);
    let unknownRotation = lease.unknownRotation;
    let spend: Spend;
    try {
      if (provider === undefined) throw new ProviderNotConfigured('its OAuth provider is not configured');
      // A token set newer than the record itself: Redis was set back behind what we once committed.
      if (lease.orphan !== undefined && lease.orphan.base >= lease.generation) {
        return await this.promote(lease, provider);
      }
      const successor = this.commits.successorOf(lease);
      if (successor !== undefined) return await this.restore(lease, provider, successor);
      const pause = this.cooldown.remaining(provider.name);
      if (pause !== undefined) return await this.postpone(lease, pause);
      if (isTooOld(lease, provider)) return await this.end(lease, 'authorization_too_old', TOO_OLD);
      const refreshToken = this.vault.openRefreshToken(lease);
      if (refreshToken === undefined && provider.grant !== 'client_credentials') {
        return await this.end(lease, 'no_refresh_token', 'the provider issued no refresh token');
      }
      this.vault.assertSealable(lease);
      spend = await this.endpoints.prepare(provider, refreshToken, lease.clientId);
      if (!(await this.takeTurn(lease, provider))) return 'lane_full';
    } catch (error) {
      return this.failed(lease, error, unknownRotation);
    }
    if (!(await this.vault.markSent(lease))) return 'overtaken';

    // From here on nothing cancels: neither a shutdown nor a lost job nor a caller who went away.
    for (let sends = 1; ; sends++) {
      try {
        return await this.store(lease, provider, await spend());
      } catch (error) {
        if (!(error instanceof TokenEndpointError)) throw error;
        const answerLost = error.kind === 'ambiguous';
        unknownRotation ||= answerLost;
        if (answerLost && sends === 1 && (await this.stillHolds(lease))) continue;
        return this.failed(lease, error, unknownRotation, provider);
      }
    }
  }

  private async store(
    lease: RefreshLease,
    provider: OAuthProviderConfig,
    tokens: TokenSet,
  ): Promise<RefreshOutcome> {
    const committed = await this.commits.commit(lease, tokens, provider);
    switch (committed.outcome) {
      case 'committed':
        return 'refreshed';
      case 'conflict':
        return 'orphaned';
      case 'removed':
        // Nobody will hold what was issued to a credential that is gone.
        if (tokens.refreshToken !== undefined) {
          await this.endpoints.revoke(provider, tokens.refreshToken, lease.clientId);
        }
        return 'removed';
    }
  }

  private async failed(
    lease: RefreshLease,
    error: unknown,
    unknownRotation: boolean,
    provider?: OAuthProviderConfig,
  ): Promise<RefreshOutcome> {
    const attempt = failedAttempt(lease, unknownRotation, provider, Date.now());
    const settled = settleFailure(error, attempt, Math.random());
    if (settled.providerPauseMs !== undefined) {
      this.cooldown.start(lease.provider, settled.providerPauseMs, settled.failure.code);
    }
    const { credential } = lease;
    this.logger.warn({ credential, err: error, outcome: settled.outcome }, 'a refresh failed');
    if (settled.outcome === 'invalid_grant' && provider !== undefined && this.holdsAnotherToken(lease)) {
      return this.promote(lease, provider);
    }
    return (await this.vault.fail(lease, settled.failure)) ? settled.outcome : 'overtaken';
  }

  private holdsAnotherToken(lease: RefreshLease): boolean {
    if (lease.orphan === undefined) return false;
    return this.vault.openOrphan(lease, lease.orphan).refreshToken !== this.vault.openRefreshToken(lease);
  }

  private async promote(lease: RefreshLease, provider: OAuthProviderConfig): Promise<RefreshOutcome> {
    if (lease.orphan === undefined) return 'overtaken';
    const { outcome }: Committed = await this.vault.promote(lease, lease.orphan, provider);
    return outcome === 'committed' ? 'promoted' : 'overtaken';
  }

  /** The refresh token in the record is spent, its successor is in our memory. */
  private async restore(
    lease: RefreshLease,
    provider: OAuthProviderConfig,
    successor: StoredTokenSet,
  ): Promise<RefreshOutcome> {
    const { credential, generation } = lease;
    this.logger.error(
      { credential, generation },
      'Redis forgot a token set that it had taken; storing it again',
    );
    const { outcome } = await this.commits.commit(lease, successor, provider);
    return outcome === 'committed' ? 'restored' : 'overtaken';
  }

  private async postpone(lease: RefreshLease, pause: { ms: number; code: string }): Promise<RefreshOutcome> {
    // Spread over a second, so that they do not all come back at the same moment.
    const backoffMs = pause.ms + Math.random() * 1_000;
    await this.vault.fail(lease, {
      ...retryLater(lease, pause.code, 'its provider refuses everyone for now'),
      backoffMs,
    });
    return 'provider_paused';
  }

  private async end(lease: RefreshLease, code: string, message: string): Promise<RefreshOutcome> {
    const failure = retryLater(lease, code, message);
    await this.vault.fail(lease, { ...failure, status: 'reauthorization_required' });
    return code;
  }

  /** False: too many are ahead of it, and it was put off. */
  private async takeTurn(lease: RefreshLease, provider: OAuthProviderConfig): Promise<boolean> {
    if (provider.refreshSpacingMs === 0) return true;
    const name = [provider.issuer ?? provider.tokenUrl ?? provider.name, provider.clientId];
    const place = await this.lane.enter(name, provider.refreshSpacingMs, LANE_PATIENCE_MS);
    if (!place.taken) await this.vault.defer(lease, place.waitMs * (1 + Math.random()));
    else if (place.waitMs > 0) await sleep(place.waitMs);
    return place.taken;
  }

  /** Without an answer from Redis we do not know, and do not send again. */
  private async stillHolds(lease: RefreshLease): Promise<boolean> {
    try {
      return await this.vault.renew(lease);
    } catch {
      return false;
    }
  }
}

function isTooOld(lease: RefreshLease, provider: OAuthProviderConfig): boolean {
  return authorizationEndsAt(provider, lease.connectedAt ?? Infinity) <= Date.now();
}

function failedAttempt(
  { failures, refreshExpiresAt = Infinity, unknownSince }: RefreshLease,
  unknownRotation: boolean,
  provider: OAuthProviderConfig | undefined,
  now: number,
): FailedAttempt {
  const windowMs = (provider?.replayWindowSeconds ?? 0) * 1_000;
  return {
    failures,
    unknownRotation,
    inReplayWindow: now - (unknownSince ?? now) < windowMs,
    refreshLapsed: refreshExpiresAt <= now,
  };
}

function retryLater({ unknownRotation }: RefreshLease, code: string, message: string): RefreshFailure {
  return { status: 'refresh_failing', code, message, backoffMs: 0, unknownRotation };
}
