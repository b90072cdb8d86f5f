import { text } from '../text.ts';
import { Problem } from './problem.ts';

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

let csrfToken = '';
let onSignedOut: () => void = () => undefined;

/** What every change must send along; it comes with the session. */
export function rememberCsrfToken(token: string): void {
  csrfToken = token;
}

/** Called when an answer says that nobody is signed in any more. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** One call of the REST API. @throws Problem */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(method, path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** The answer itself, for those who read its stream or headers. @throws Problem */
export async function send(
  method: string,
  path: string,
  { body, headers, signal }: CallOptions = {},
): Promise<Response> {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(method === 'GET' ? {} : { 'x-csrf-token': csrfToken }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'unreachable', text.errors.unreachable);
  });
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && path !== '/api/session') onSignedOut();
  throw problem;
}

async function problemOf(response: Response): Promise<Problem> {
  const members = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const { code, detail } = members;
  return new Problem(
    response.status,
    typeof code === 'string' ? code : 'unexpected',
    typeof detail === 'string' ? detail : text.errors.unexpected(response.status),
    members,
  );
}

/** `?a=1&b=2` of what is given. */
export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const written = parameters.toString();
  return written === '' ? '' : `?${written}`;
}
