import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The provider's answer as the browser brought it, and the browser that waits for a word. */
export interface Caught {
  readonly redirectUrl: string;
  readonly respond: (outcome: 'connected' | 'failed') => void;
}

/** A listener on this machine for the one redirect that ends an authorization (RFC 8252, section 7.3). */
export interface Loopback {
  /** with the port that was found */
  readonly redirectUri: string;
  /** Resolves at the first request that has this state; one without it is refused and changes nothing. */
  catch(state: string): Promise<Caught>;
  close(): void;
}

/** Vendors that know one address only: the Codex client has these two registered, and no other. */
const PORTS_INSTEAD: Readonly<Record<string, readonly string[]>> = { 'localhost:1455': ['1457'] };
const LOOPBACK_HOSTS: Readonly<Record<string, string>> = {
  '127.0.0.1': '127.0.0.1',
  localhost: '127.0.0.1',
  '[::1]': '::1',
};

/** Whether a browser that is sent there comes to this very machine. */
export function isLoopbackRedirect(redirectUri: string): boolean {
  const url = URL.parse(redirectUri);
  return url?.protocol === 'http:' && url.hostname in LOOPBACK_HOSTS;
}

/**
 * Listens where the redirect URI says: on its port, on the other one that the vendor knows, or on any free one where
 * the URI names none. undefined when none can be had; the person can paste instead.
 */
export async function openLoopback(registered: string): Promise<Loopback | undefined> {
  const url = new URL(registered);
  const ports = url.port === '' ? ['0'] : [url.port, ...(PORTS_INSTEAD[url.host] ?? [])];
  for (const port of ports) {
    const server = createServer({ requestTimeout: 10_000 });
    if (!(await listens(server, Number(port), LOOPBACK_HOSTS[url.hostname] ?? '127.0.0.1'))) continue;
    url.port = String((server.address() as AddressInfo).port);
    return loopbackOn(server, url);
  }
  return undefined;
}

function loopbackOn(server: Server, redirectUri: URL): Loopback {
  let waiting: { state: string; resolve: (caught: Caught) => void } | undefined;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const url = URL.parse(request.url ?? '', redirectUri.origin);
    if (request.method !== 'GET' || url?.pathname !== redirectUri.pathname)
      return page(response, 404, 'nothing');
    const isOurs =
      waiting !== undefined &&
      request.headers.host === redirectUri.host &&
      url.searchParams.getAll('state').join() === waiting.state;
    if (!isOurs || waiting === undefined) return page(response, 400, 'refused');
    const { resolve } = waiting;
    waiting = undefined;
    resolve({
      redirectUrl: redirectUri.origin + url.pathname + url.search,
      respond: (outcome) => page(response, outcome === 'connected' ? 200 : 400, outcome),
    });
  });
  return {
    redirectUri: redirectUri.href,
    catch: (state) => new Promise((resolve) => (waiting = { state, resolve })),
    close: () => {
      server.close();
      server.closeIdleConnections();
      // a browser that keeps a connection open must not keep the command open
      server.unref();
    },
  };
}

function listens(server: Server, port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => resolve(true));
  });
}

/** Fixed text: nothing of the request is ever shown. */
const PAGES = {
  connected: ['Connected', 'You can close this window and go back to the terminal.'],
  failed: ['Not connected', 'The terminal says why. You can close this window.'],
  refused: ['Not connected', 'This answer does not belong to the login that waits here.'],
  nothing: ['Nothing here', 'muxgate login waits for another address.'],
} as const;

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.5rem}h1{font-size:1.5rem}';
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

function page(response: ServerResponse, status: number, name: keyof typeof PAGES): void {
  const [title, text] = PAGES[name];
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} - Muxgate</title><style>${STYLE}</style></head>\n<body><h1>${title}</h1><p>${text}</p></body></html>\n`,
  );
}
