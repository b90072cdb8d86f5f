import type { AccessVault } from './access-vault.js';
import type { CredentialState } from './record.js';

/** Days that a dead credential is kept for, by what it died of. */
export interface ReapPolicy {
  readonly reauthorizationRequiredDays: number;
  readonly blockedDays: number;
  readonly failingDays: number;
}

export type ReapReason = 'reauthorization_required' | 'blocked_by_provider' | 'not_configured' | 'failing';

export interface DeadCredential {
  readonly credential: string;
  readonly provider: string;
  readonly generation: number;
  readonly reason: ReapReason;
  /** Epoch ms; since when it is of no use. */
  readonly deadSince: number;
}

const DAY_MS = 24 * 3_600_000;

/** What a credential died of, if the policy has it go by now. */
function deadCredential(
  state: CredentialState,
  policy: ReapPolicy,
  isConfigured: boolean,
  now: number,
): DeadCredential | undefined {
  const { credential, provider, generation } = state;
  const [reason, deadSince, days] = causeOf(state, policy, isConfigured);
  return now - deadSince >= days * DAY_MS
    ? { credential, provider, generation, reason, deadSince }
    : undefined;
}

function causeOf(
  { status, expiresAt, obtainedAt, lastError }: CredentialState,
  policy: ReapPolicy,
  isConfigured: boolean,
): [ReapReason, since: number, days: number] {
  const endedAt = lastError?.at ?? obtainedAt;
  if (status === 'reauthorization_required') return [status, endedAt, policy.reauthorizationRequiredDays];
  if (status === 'blocked_by_provider') return [status, endedAt, policy.blockedDays];
  // Tried again and again, so its last error is always fresh: what counts is since when it has no living token.
  return [isConfigured ? 'failing' : 'not_configured', expiresAt, policy.failingDays];
}

const PAGE = 200;

/** All that the policy has go by now. */
export async function* deadCredentials(
  vault: AccessVault,
  policy: ReapPolicy,
  isConfigured: (provider: string) => boolean,
  now: number,
): AsyncGenerator<DeadCredential> {
  let cursor: string | undefined;
  do {
    const page = await vault.listStates({ cursor, limit: PAGE });
    for (const state of page.items) {
      const dead = deadCredential(state, policy, isConfigured(state.provider), now);
      if (dead !== undefined) yield dead;
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
