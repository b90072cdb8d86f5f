import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { HttpService } from '@nestjs/axios';
import { USER_AGENT } from '@muxgate/runtime';
import { isAxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { firstValueFrom } from 'rxjs';
import { assertPublicUrl, guardedLookup, type GuardOptions } from './guard.js';
import { watchConnection, type ConnectionWatch } from './connection-watch.js';
import { OAuthTransportError } from './oauth-transport-error.js';

export interface OAuthHttpRequest {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

export interface OAuthHttpResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Resolves whatever the status is. @throws OAuthTransportError */
export type OAuthHttp = (request: OAuthHttpRequest) => Promise<OAuthHttpResponse>;

export interface OAuthHttpOptions extends GuardOptions {
  totalMs?: number;
  connectMs?: number;
  maxBytes?: number;
}

interface Limits {
  totalMs: number;
  connectMs: number;
  maxBytes: number;
}

const DEFAULTS: Limits = { totalMs: 20_000, connectMs: 10_000, maxBytes: 1024 * 1024 };

/** The HTTP edge of OAuth: one attempt, no redirects, no proxy, a hard deadline and a cap on the answer. */
export function createOAuthHttp(
  http: HttpService,
  options: OAuthHttpOptions = {},
): (allowPrivateNetwork: boolean) => OAuthHttp {
  const limits = { ...DEFAULTS, ...options };
  return (allowPrivateNetwork) => {
    const lookup = guardedLookup(allowPrivateNetwork, options);
    return async (request) => {
      // One connection for one request: whether it was established then says whether anything can have been sent.
      const watch = watchConnection(limits.connectMs);
      const deadline = AbortSignal.timeout(limits.totalMs);
      const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline;
      try {
        assertPublicUrl(request.url, allowPrivateNetwork);
        const agents = {
          httpAgent: watch.attach(new HttpAgent({ lookup })),
          httpsAgent: watch.attach(new HttpsAgent({ lookup })),
        };
        return answer(
          await firstValueFrom(
            http.request<Buffer>({ ...requestConfig(request, limits, signal), ...agents }),
          ),
        );
      } catch (error) {
        throw transportError(error, watch, deadline, request.signal);
      }
    };
  };
}

function requestConfig(request: OAuthHttpRequest, limits: Limits, signal: AbortSignal): AxiosRequestConfig {
  return {
    adapter: 'http',
    url: request.url,
    method: request.method,
    headers: { ...request.headers, 'user-agent': USER_AGENT },
    data: request.body,
    signal,
    responseType: 'arraybuffer',
    maxContentLength: limits.maxBytes,
    maxRedirects: 0,
    proxy: false,
    timeout: 0,
    validateStatus: () => true,
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
  };
}

function answer(response: AxiosResponse<Buffer>): OAuthHttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value != null) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return { status: response.status, headers, body: new Uint8Array(response.data) };
}

function transportError(
  error: unknown,
  watch: ConnectionWatch,
  deadline: AbortSignal,
  caller: AbortSignal | undefined,
): OAuthTransportError {
  return new OAuthTransportError(errorCode(error, deadline, caller), watch.established());
}

function errorCode(error: unknown, deadline: AbortSignal, caller: AbortSignal | undefined): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'ERR_CANCELED') return caller?.aborted === true && !deadline.aborted ? 'aborted' : 'deadline';
  if (isAxiosError(error) && error.message.startsWith('maxContentLength')) return 'response_too_large';
  return typeof code === 'string' ? code : 'failed';
}
