import type { AuthorizationServer, Client, CustomFetchOptions } from 'oauth4webapi';
import type { OAuthClientDescriptor } from './descriptor.js';

export interface OAuthHttpRequest {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export interface OAuthHttpAnswer {
  status: number;
  headers: Headers | Record<string, string>;
  /** Decompressed and capped by the edge. */
  body: Uint8Array;
}

/**
 * The only way out of this library. Resolves for every status, follows no redirect, retries nothing and sets its
 * own User-Agent; rejects with an `OAuthTransportFailure` when no whole answer came.
 */
export type OAuthHttp = (request: OAuthHttpRequest) => Promise<OAuthHttpAnswer>;

/** `sent: false`: certainly no connection; `sent: true`: the server may have acted on the request. */
export interface OAuthTransportFailure extends Error {
  readonly name: 'OAuthTransportError';
  readonly sent: boolean;
  readonly code?: string;
}

/** By shape and not by class, because the edge that throws it does not import this library. */
export function isTransportFailure(error: unknown): error is OAuthTransportFailure {
  return (
    error instanceof Error &&
    error.name === 'OAuthTransportError' &&
    'sent' in error &&
    typeof error.sent === 'boolean'
  );
}

type FetchOptions = CustomFetchOptions<'GET' | 'POST', URLSearchParams | undefined>;
type Fetch = (url: string, options: FetchOptions) => Promise<Response>;

const NULL_BODY_STATUSES = new Set([204, 205, 304]);

/** `OAuthHttp` as the `customFetch` of oauth4webapi; `json` rewrites the form, since some vendors read only JSON. */
export function fetchThrough(http: OAuthHttp, format: 'form' | 'json' = 'form', abort?: AbortSignal): Fetch {
  return async (url, { method, headers, body }) => {
    const request: OAuthHttpRequest = { url, method, headers: { ...headers } };
    delete request.headers['user-agent']; // oauth4webapi names itself; the edge says who we are
    if (abort) request.signal = abort;
    if (body && format === 'json') {
      request.headers['content-type'] = 'application/json';
      request.body = JSON.stringify(Object.fromEntries(body));
    } else if (body) {
      request.body = body.toString();
    }
    const answer = await http(request);
    // `Response` throws on statuses outside 200–599; such an answer says nothing about what the server did: 502.
    const status = answer.status >= 200 && answer.status <= 599 ? answer.status : 502;
    const content = NULL_BODY_STATUSES.has(status) ? null : Uint8Array.from(answer.body);
    return new Response(content, { status, headers: answer.headers });
  };
}

/** oauth4webapi wants an issuer even where it checks none; servers without one are known by their token endpoint. */
export function serverOf(descriptor: OAuthClientDescriptor): AuthorizationServer {
  const { name, issuer, tokenUrl, revocationUrl, deviceAuthorizationUrl } = descriptor;
  return {
    issuer: issuer ?? tokenUrl ?? name,
    ...(tokenUrl !== undefined && { token_endpoint: tokenUrl }),
    ...(revocationUrl !== undefined && { revocation_endpoint: revocationUrl }),
    ...(deviceAuthorizationUrl !== undefined && { device_authorization_endpoint: deviceAuthorizationUrl }),
  };
}

export function clientOf(descriptor: OAuthClientDescriptor): Client {
  return { client_id: descriptor.clientId };
}
