import type { AuditTrail } from '@muxgate/audit';
import type { OAuthProviderConfig } from '@muxgate/config';
import type { OAuthHttp, TokenSet } from '@muxgate/oauth';
import type { Logger } from '@muxgate/runtime';
import type { CredentialState, CredentialVault, StoredKeys } from '@muxgate/vault';
import type { AuthorizationOutcome, ConnectMetrics } from './connect.metrics.js';
import { InvitationGone } from './errors.js';
import { followUp } from './follow-up.js';
import type { InvitationStore } from './invitation.store.js';
import type { ProgressStore } from './progress.store.js';
import type { Transaction } from './transaction.store.js';

/** What the end of a connection works with, in the auth service and in the worker alike. */
export interface EstablishParts {
  readonly vault: CredentialVault;
  readonly progress: ProgressStore;
  readonly invitations: Pick<InvitationStore, 'spend'>;
  readonly trail: AuditTrail;
  readonly metrics: ConnectMetrics;
  readonly logger: Logger;
  readonly storedKeys: StoredKeys;
  /** Best effort; answers what became of it. */
  readonly revoke: (provider: string, refreshToken: string, issuedTo?: string) => Promise<string>;
}

export interface Ending {
  /** of the transaction */
  readonly id: string;
  readonly transaction: Transaction;
  /** address of the caller */
  readonly from: string;
}

export interface Granted extends Ending {
  /** with the client id that the tokens were issued to */
  readonly provider: OAuthProviderConfig;
  readonly http: OAuthHttp;
  readonly tokenSet: TokenSet;
}

/** Step 3: into the vault first, which also schedules the refresh and tells the gateways; then whatever may fail. */
export async function establish(parts: EstablishParts, granted: Granted): Promise<CredentialState> {
  const { id, transaction, provider, tokenSet, from } = granted;
  await assertInvited(parts, granted);
  const before = await parts.vault.readState(transaction.credential);
  const { state, superseded } = await parts.vault.connect({
    credential: transaction.credential,
    provider: provider.name,
    tokenSet,
    clientId: provider.clientId,
    scopes: tokenSet.scopes ?? [...provider.scopes],
    schedule: provider,
  });
  await parts.progress.end(id, 'connected');
  parts.metrics.count(provider.name, 'connected');
  await parts.trail.record({
    actor: transaction.actor,
    action: 'credential.connect',
    subject: state.credential,
    outcome: 'success',
    from,
    details: { provider: provider.name, generation: state.generation },
  });
  if (superseded?.refreshToken !== undefined && before !== undefined && isOtherGrant(before, state)) {
    void revokeSuperseded(parts, before.provider, superseded.refreshToken, superseded.clientId);
  }
  await followUp(parts, granted, state);
  return state;
}

/** One invitation, one connection: what a second one has brought is given back. */
async function assertInvited(
  parts: EstablishParts,
  { id, transaction, provider, tokenSet }: Granted,
): Promise<void> {
  const { invitation } = transaction;
  if (invitation === undefined || (await parts.invitations.spend(invitation, id))) return;
  if (tokenSet.refreshToken !== undefined) {
    void revokeSuperseded(parts, provider.name, tokenSet.refreshToken, provider.clientId);
  }
  throw new InvitationGone('The invitation was used, has expired or was revoked.');
}

/** The end of one that brought nothing. `status` is absent where the transaction can still be completed. */
export async function recordFailure(
  parts: Pick<EstablishParts, 'progress' | 'trail' | 'metrics'>,
  { id, transaction, from }: Ending,
  failure: {
    outcome: AuthorizationOutcome;
    code: string;
    status?: 'denied' | 'expired' | 'failed' | undefined;
  },
): Promise<void> {
  const { outcome, code, status } = failure;
  if (status !== undefined) await parts.progress.end(id, status, code);
  parts.metrics.count(transaction.provider, outcome);
  await parts.trail.record({
    actor: transaction.actor,
    action: 'credential.connect',
    subject: transaction.credential,
    outcome: 'failure',
    from,
    details: { provider: transaction.provider, code },
  });
}

/**
 * Revoking a refresh token ends its whole grant, and many servers have one grant per account and client, which the
 * new token set shares. So the old one is revoked only where it certainly belongs to something else.
 */
function isOtherGrant(before: CredentialState, after: CredentialState): boolean {
  if (before.provider !== after.provider) return true;
  return before.account !== undefined && after.account !== undefined && before.account !== after.account;
}

async function revokeSuperseded(
  parts: EstablishParts,
  provider: string,
  token: string,
  issuedTo: string | undefined,
): Promise<void> {
  try {
    const outcome = await parts.revoke(provider, token, issuedTo);
    parts.logger.info({ provider, outcome }, 'superseded refresh token revoked');
  } catch (error) {
    parts.logger.warn({ provider, err: error }, 'superseded refresh token not revoked');
  }
}
