import { revokeToken, type TokenSet } from '@muxgate/oauth';
import type { CredentialState } from '@muxgate/vault';
import type { ConnectParts } from './connect-parts.js';
import type { ReachableProvider } from './oauth-providers.js';
import type { Transaction } from './transaction.store.js';

interface Established extends ReachableProvider {
  readonly transaction: Transaction;
  readonly tokenSet: TokenSet;
  readonly from: string;
}

/** Step 3: into the vault first, which also schedules the refresh and tells the gateways; then whatever may fail. */
export async function establish(parts: ConnectParts, established: Established): Promise<CredentialState> {
  const { transaction, provider, tokenSet, from } = established;
  const before = await parts.vault.readState(transaction.credential);
  const { state, superseded } = await parts.vault.connect({
    credential: transaction.credential,
    provider: provider.name,
    tokenSet,
    clientId: provider.clientId,
    scopes: tokenSet.scopes ?? [...provider.scopes],
    schedule: { refreshAheadSeconds: provider.refreshAheadSeconds },
  });
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
    void revokeSuperseded(parts, before.provider, superseded.refreshToken);
  }
  return state;
}

/**
 * Revoking a refresh token ends its whole grant, and many servers have one grant per account and client, which the
 * new token set shares. So the old one is revoked only where it certainly belongs to something else.
 */
function isOtherGrant(before: CredentialState, after: CredentialState): boolean {
  if (before.provider !== after.provider) return true;
  return before.account !== undefined && after.account !== undefined && before.account !== after.account;
}

async function revokeSuperseded(parts: ConnectParts, providerName: string, token: string): Promise<void> {
  try {
    const { provider, http } = await parts.providers.reach(providerName);
    const outcome = await revokeToken(provider, { token, hint: 'refresh_token' }, http);
    parts.logger.info({ provider: providerName, outcome }, 'superseded refresh token revoked');
  } catch (error) {
    parts.logger.warn({ provider: providerName, err: error }, 'superseded refresh token not revoked');
  }
}
