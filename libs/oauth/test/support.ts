import type { OAuthClientDescriptor, OAuthHttp, OAuthHttpRequest } from '../src/index.js';

export const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);
export const now = () => NOW;

export function descriptor(overrides: Partial<OAuthClientDescriptor> = {}): OAuthClientDescriptor {
  return {
    name: 'acme',
    issuer: 'https://id.example',
    authorizationUrl: 'https://id.example/authorize',
    tokenUrl: 'https://id.example/token',
    revocationUrl: 'https://id.example/revoke',
    deviceAuthorizationUrl: 'https://id.example/device',
    clientId: 'muxgate',
    clientAuthentication: 'none',
    tokenRequestFormat: 'form',
    scopes: ['llm.invoke', 'offline_access'],
    authorizeParams: {},
    ...overrides,
  };
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** An `OAuthHttp` that keeps what it was asked and answers each request with the next reply, the last one for ever. */
export function replying(...replies: Reply[]): OAuthHttp & { requests: OAuthHttpRequest[] } {
  const requests: OAuthHttpRequest[] = [];
  const http = async (request: OAuthHttpRequest) => {
    const {
      status = 200,
      headers = {},
      body = '',
    } = replies[Math.min(requests.push(request), replies.length) - 1] ?? {};
    return { status, headers, body: bytesOf(body) };
  };
  return Object.assign(http, { requests });
}

export function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}

/** An `OAuthHttp` whose request fails as the edge says it: before or after anything was sent. */
export function failing(sent: boolean, code: string): OAuthHttp {
  return () => Promise.reject(transportError(sent, code));
}

function transportError(sent: boolean, code: string): Error {
  return Object.assign(new Error(`${code} id.example`), { name: 'OAuthTransportError', sent, code });
}

/** A real edge, for servers on loopback. */
export const overFetch: OAuthHttp = async ({ url, method, headers, body, signal }) => {
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: new Uint8Array(await response.arrayBuffer()),
  };
};

export function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}
