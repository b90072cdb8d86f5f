export interface AuthAccess {
  /** Base URL of the auth service as this machine reaches it. */
  readonly authUrl: string;
  readonly adminToken: string;
}

/**
 * One call of the REST API as an admin, JSON both ways.
 *
 * @throws Error with the status, code and detail of what was not answered with success; never with a secret
 */
export async function adminCall<T>(
  { authUrl, adminToken }: AuthAccess,
  method: string,
  path: string,
  { body, signal }: { readonly body?: unknown; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const response = await fetch(`${authUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
  const answer = (await response.json().catch(() => ({}))) as T & { code?: string; detail?: string };
  if (response.ok) return answer;
  throw new Error(
    `${method} ${path} answered ${response.status} ${answer.code ?? ''} ${answer.detail ?? ''}`.trim(),
  );
}
