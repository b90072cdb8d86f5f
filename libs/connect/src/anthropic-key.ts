import type { Granted } from './establish.js';
import type { FollowUpParts, Notes } from './follow-up.js';
import { callVendor } from './vendor-call.js';

const SCOPE = 'org:create_api_key';

/**
 * Has the Console create an API key and keeps it as a stored key of the credential's name. A workspace may strip the
 * scope without a word, and the answer may hold no key.
 */
export async function createAnthropicKey(
  { storedKeys }: FollowUpParts,
  { provider, http, tokenSet, transaction }: Granted,
): Promise<Notes> {
  const granted = tokenSet.scopes ?? provider.scopes;
  if (!granted.includes(SCOPE)) return { apiKey: `not created: the scope ${SCOPE} was not granted` };
  const answer = await callVendor(provider, http, tokenSet.accessToken, {
    method: 'POST',
    path: '/api/oauth/claude_cli/create_api_key',
  });
  const key = answer['raw_key'];
  if (typeof key !== 'string' || key === '') {
    return { apiKey: 'not created: Anthropic accepted the request and sent no key' };
  }
  await storedKeys.put(transaction.credential, key, transaction.actor);
  return { apiKey: 'stored' };
}
