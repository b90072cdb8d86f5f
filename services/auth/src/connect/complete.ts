import type { IncomingHttpHeaders } from 'node:http';
import type { OAuthProviderConfig } from '@muxgate/config';
import {
  establish,
  recordFailure,
  transactionId,
  type AuthorizationOutcome,
  type CodeTransaction,
} from '@muxgate/connect';
import { assertIssuer, exchangeCode, idTokenVerifier, type AuthorizationResponse } from '@muxgate/oauth';
import { AppError } from '@muxgate/runtime';
import type { CredentialState } from '@muxgate/vault';
import { AuthorizationDenied, OtherBrowser, OtherPrincipal } from './connect.errors.js';
import type { ConnectParts } from './connect-parts.js';

/** Who brings the provider's answer: a browser on its way back, or an operator who pastes it. */
export type Messenger =
  | {
      readonly kind: 'browser';
      readonly headers: IncomingHttpHeaders;
      readonly address: string;
      readonly pasted?: Pasted;
    }
  | { readonly kind: 'operator'; readonly name: string; readonly address: string; readonly pasted: Pasted };

/** A code read off a page comes without the rest of the answer, so without `iss`. */
type Pasted = 'redirectUrl' | 'code';

/**
 * Step 2, for callback and paste alike. The order is the safety: nothing is used up before the answer is known to be
 * the one that we wait for, and nothing is exchanged that was not used up. An error answer is checked the same way.
 */
export async function complete(
  parts: ConnectParts,
  response: AuthorizationResponse,
  messenger: Messenger,
): Promise<CredentialState> {
  const transaction = await parts.transactions.load(response.state);
  const ending = { id: transactionId(response.state), transaction, from: messenger.address };
  let consumed = false;
  try {
    assertInitiator(parts, transaction, messenger);
    const { provider, http } = await parts.providers.reach(transaction.provider);
    if (!isBareCode(response, messenger)) assertIssuer(provider, response.iss);
    // its keys are fetched now, so that nothing has to be asked between the exchange and the storing
    const verify =
      provider.quirks?.verifiesIdToken === true ? await idTokenVerifier(provider, http) : undefined;
    await parts.transactions.consume(response.state);
    consumed = true;

    const code = codeOf(response);
    const { verifier, redirectUri, nonce } = transaction;
    const client = { ...provider, clientId: clientOf(provider, transaction, response) };
    const request = { code, verifier, redirectUri, state: response.state };
    const tokenSet = await exchangeCode(client, request, http);
    if (verify !== undefined) {
      const { subject, email } = await verify(tokenSet.idToken, { clientId: client.clientId, nonce });
      tokenSet.account ??= email ?? subject;
    }
    return await establish(parts, { ...ending, provider: client, http, tokenSet });
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal_error';
    const outcome = outcomeOf(code);
    const status = consumed ? (outcome === 'denied' ? 'denied' : 'failed') : undefined;
    await recordFailure(parts, ending, { outcome, code, status });
    throw error;
  }
}

/** The browser by its cookie where one began; a pasted answer by the admin token that began (no session fixation). */
function assertInitiator(
  { binding }: ConnectParts,
  transaction: CodeTransaction,
  messenger: Messenger,
): void {
  if (messenger.kind === 'operator') {
    if (messenger.name === transaction.actor) return;
    throw new OtherPrincipal('Another admin token began this connection; finish it with that one.');
  }
  if (transaction.browser === undefined) return;
  if (binding.matches(messenger.headers, transaction.browser)) return;
  throw new OtherBrowser('Another browser began this connection.');
}

/** Issued with the answer, or with an earlier one; the configured one for all who register by hand. */
function clientOf(
  { clientId, quirks }: OAuthProviderConfig,
  transaction: CodeTransaction,
  response: AuthorizationResponse,
): string {
  if (quirks?.registration === undefined) return clientId;
  return response.clientId ?? transaction.clientId ?? clientId;
}

function isBareCode(response: AuthorizationResponse, messenger: Messenger): boolean {
  return messenger.pasted === 'code' && response.iss === undefined;
}

function codeOf({ code, error = 'none' }: AuthorizationResponse): string {
  if (code !== undefined) return code;
  throw new AuthorizationDenied(`The provider did not grant access: ${error}.`, {
    members: { error },
  });
}

function outcomeOf(code: string): AuthorizationOutcome {
  if (code === 'authorization_denied') return 'denied';
  const refused = ['other_browser', 'other_principal', 'issuer_mismatch', 'state_used_or_expired'];
  return refused.includes(code) ? 'refused' : 'failed';
}
