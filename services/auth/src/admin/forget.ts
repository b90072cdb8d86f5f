import { asIssued, revokeToken, type RevocationOutcome } from '@muxgate/oauth';
import type { CredentialVault } from '@muxgate/vault';
import type { OAuthProviders } from '../connect/oauth-providers.js';
import { credentialUnknown } from './credential-id.js';

export type Revoked = true | false | 'unsupported';

/** Forgets first, then revokes upstream: what the provider does cannot keep a credential alive here. */
export async function forget(
  vault: CredentialVault,
  providers: OAuthProviders,
  credential: string,
): Promise<{ provider: string; revoked: Revoked }> {
  const removed = await vault.remove(credential);
  if (removed === undefined) throw credentialUnknown();
  return { provider: removed.provider, revoked: await revoke(providers, removed) };
}

type Removed = NonNullable<Awaited<ReturnType<CredentialVault['remove']>>>;

/** The refresh token first, since it is the one that could be spent; RFC 7009 ends the access token with it, mostly. */
async function revoke(providers: OAuthProviders, removed: Removed): Promise<Revoked> {
  const tokens = [
    { token: removed.refreshToken, hint: 'refresh_token' },
    { token: removed.accessToken, hint: 'access_token' },
  ] as const;
  const outcomes: RevocationOutcome[] = [];
  try {
    const reached = await providers.reach(removed.provider);
    const { http } = reached;
    const provider = asIssued(reached.provider, removed.clientId);
    for (const { token, hint } of tokens) {
      if (token !== undefined) outcomes.push(await revokeToken(provider, { token, hint }, http));
    }
  } catch {
    return false; // no longer configured, or its metadata cannot be had
  }
  if (outcomes.includes('failed')) return false;
  return outcomes.includes('revoked') || outcomes.length === 0 ? true : 'unsupported';
}
