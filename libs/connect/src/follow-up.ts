import { TokenEndpointError } from '@muxgate/oauth';
import { AppError } from '@muxgate/runtime';
import type { CredentialState } from '@muxgate/vault';
import { createAnthropicKey } from './anthropic-key.js';
import { setUpCodeAssist } from './code-assist.js';
import type { EstablishParts, Granted } from './establish.js';

/** In words for operators: `GET /api/oauth/tokens` shows them. */
export type Notes = Readonly<Record<string, string>>;
export type FollowUpParts = Pick<EstablishParts, 'storedKeys'>;

const STEPS = { 'anthropic-api-key': createAnthropicKey, 'code-assist': setUpCodeAssist } as const;

/** What a preset does once the token set is safe. Whatever comes of it, the credential stays connected. */
export async function followUp(
  parts: EstablishParts,
  granted: Granted,
  state: CredentialState,
): Promise<void> {
  const name = granted.provider.quirks?.afterConnect;
  if (name === undefined) return;
  const { credential } = state;
  try {
    const notes = await STEPS[name](parts, granted);
    await parts.vault.note(state, notes);
    parts.logger.info({ credential, notes }, 'follow-up of a connection done');
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'internal_error';
    parts.logger.warn({ credential, err: error }, 'follow-up of a connection failed');
    await tell(parts, state, code, error instanceof TokenEndpointError && error.kind === 'blocked');
  }
}

async function tell(parts: EstablishParts, state: CredentialState, code: string, blocked: boolean) {
  try {
    await parts.vault.note(state, { followUp: code });
    if (blocked) await parts.vault.block(state, code, 'the provider refuses this account to other apps');
  } catch (error) {
    parts.logger.warn({ credential: state.credential, err: error }, 'a note could not be kept');
  }
}
