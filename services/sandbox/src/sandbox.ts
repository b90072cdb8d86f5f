import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, type Logger } from '@muxgate/runtime';
import { handleControl, type ControlParts } from './control.js';
import { geminiCall } from './gemini-api.js';
import { homePage } from './home-page.js';
import { send, sendJson } from './http.js';
import { apiFor, LlmServer } from './llm-server.js';
import { createOAuthServer } from './oauth-server.js';
import { RequestLog } from './request-log.js';
import { Stats } from './stats.js';
import { TokenEndpoint } from './token-endpoint.js';
import { VendorError } from './vendor-error.js';

export interface SandboxOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly accessTokenSeconds: number;
  /** The URL by which others reach it, when that is not where it listens; also the OAuth issuer. */
  readonly publicUrl?: string;
  readonly now?: () => number;
  readonly logger?: Logger;
}

export interface Sandbox {
  readonly url: string;
  readonly port: number;
  /** Ends every access token at once; refresh tokens live on. */
  revokeAccessTokens(): number;
  close(): Promise<void>;
}

/** Longer than any pooled client keeps a connection idle: a vendor that hangs up first makes clients fail. */
const KEEP_ALIVE_MS = 75_000;

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Starts the simulated vendor. It listens first: its OAuth issuer is its own URL. */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  let handle: Handler = async (_request, response) => sendJson(response, 503, { error: 'starting' });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      options.logger?.error({ err: error, path: pathOf(request) }, 'request failed');
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: 'server_error' });
    });
  });
  const port = await listen(server, options.port, options.host, 'PORT');
  const url = options.publicUrl ?? `http://${urlHost(options.host)}:${port}`;

  const now = options.now ?? Date.now;
  const stats = new Stats();
  const log = new RequestLog();
  const oauth = createOAuthServer(url, options.accessTokenSeconds, stats);
  const tokenEndpoint = new TokenEndpoint(oauth, stats, now);
  const llm = new LlmServer({ mayInvoke: (token) => oauth.mayInvoke(token), stats, log, now });
  handle = route(url, llm, { oauth, tokenEndpoint, stats, log });

  return {
    url,
    port,
    revokeAccessTokens: () => {
      const revoked = oauth.revokeAccessTokens();
      stats.accessTokensRevoked(revoked);
      return revoked;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function route(url: string, llm: LlmServer, parts: ControlParts): Handler {
  return async (request, response) => {
    const path = pathOf(request);
    if (/^\/v1\/(messages(\/count_tokens)?|models(\/[^/]+)?|chat\/completions|responses)$/.test(path)) {
      return llm.handle(request, response, path);
    }
    if (geminiCall(path) !== undefined) return llm.handle(request, response, path);
    if (path.startsWith('/v1/') || path.startsWith('/v1beta/')) {
      const missing = new VendorError(404, 'not found');
      return sendJson(response, 404, apiFor(path, request.headers).errorEnvelope(missing, 'req_unknown'));
    }
    if (path.startsWith('/sandbox/')) return controlled(request, response, path, parts);
    if (path.startsWith('/interaction/')) return parts.oauth.consent(request, response);
    if (path === '/token' && request.method === 'POST') return parts.tokenEndpoint.handle(request, response);
    if (path === '/readyz' || path === '/livez') return sendJson(response, 200, { ok: true });
    if (path === '/') return send(response, 200, 'text/html; charset=utf-8', homePage(url));
    return parts.oauth.handle(request, response);
  };
}

async function controlled(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  parts: ControlParts,
): Promise<void> {
  try {
    await handleControl(request, response, path, parts);
  } catch (error) {
    if (!(error instanceof VendorError)) throw error;
    sendJson(response, error.status, { error: error.message, param: error.param });
  }
}

function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '/';
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
