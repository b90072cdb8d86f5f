import type { OAuthProviderConfig } from '@muxgate/config';
import { errorFromAnswer, errorFromTransport, readFields, type Fields, type OAuthHttp } from '@muxgate/oauth';
import { defineError } from '@muxgate/runtime';

/** The preset's API URL is not configured; nothing was sent. */
export const ApiUrlMissing = defineError('ApiUrlMissing', 'oauth_api_url_missing', 422);

/** One call of a vendor's API with the new access token. @throws TokenEndpointError, which holds nothing of the answer */
export async function callVendor(
  provider: OAuthProviderConfig,
  http: OAuthHttp,
  accessToken: string,
  call: { method: 'GET' | 'POST'; path: string; body?: object },
): Promise<Fields> {
  if (provider.apiUrl === undefined) throw new ApiUrlMissing(`OAuth provider ${provider.name} has no apiUrl`);
  const url = provider.apiUrl.replace(/\/+$/, '') + call.path;
  const answer = await http({
    url,
    method: call.method,
    headers: {
      authorization: `Bearer ${accessToken}`,
      accept: 'application/json',
      'content-type': 'application/json',
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  }).catch((failure: unknown) => {
    throw errorFromTransport(failure);
  });
  const text = new TextDecoder().decode(answer.body);
  const fields = answer.status >= 200 && answer.status < 300 ? readFields(text) : undefined;
  if (fields === undefined) {
    throw errorFromAnswer(answer.status, new Headers(answer.headers), text, Date.now());
  }
  return fields;
}
