import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a vendor sees it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly contentType: string;
  /** form or JSON */
  readonly body: Record<string, string>;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** an object is sent as JSON, a text as it is */
  readonly body: object | string;
}

export interface Simulator {
  readonly url: string;
  readonly seen: Seen[];
  /** every answer instead of the vendor's own, while it is set */
  disturb: ((request: Seen) => Reply | undefined) | undefined;
  stop(): Promise<void>;
}

/** A vendor: a real server whose answers have the shapes that the vendor's have. */
export async function startSimulator(answer: (request: Seen, url: string) => Reply): Promise<Simulator> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const contentType = request.headers['content-type'] ?? '';
    const text = Buffer.concat(chunks).toString('utf8');
    const asked: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      contentType,
      body: contentType.startsWith('application/json')
        ? (JSON.parse(text || '{}') as Record<string, string>)
        : Object.fromEntries(new URLSearchParams(text)),
    };
    seen.push(asked);
    const { status = 200, headers = {}, body } = simulator.disturb?.(asked) ?? answer(asked, simulator.url);
    const type = typeof body === 'string' ? 'text/html' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const simulator: Simulator = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    disturb: undefined,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return simulator;
}

/** Codes and refresh tokens that work once, bound to their client, as vendors keep them. */
export class Grants {
  private readonly codes = new Map<string, { challenge: string; clientId: string; redirectUri: string }>();
  private readonly refreshTokens = new Map<string, string>();

  /** What a person's consent at the authorize URL comes to. */
  code(url: string, clientId = new URL(url).searchParams.get('client_id') ?? ''): string {
    const asked = new URL(url).searchParams;
    const code = token('code');
    const challenge = asked.get('code_challenge') ?? '';
    this.codes.set(code, { challenge, clientId, redirectUri: asked.get('redirect_uri') ?? '' });
    return code;
  }

  /** PKCE, client and redirect URI as the vendor checks them. */
  redeem({ code, code_verifier: verifier, client_id: clientId, redirect_uri: redirectUri }: Seen['body']) {
    const grant = this.codes.get(code ?? '');
    this.codes.delete(code ?? '');
    const challenge = createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url');
    return grant?.challenge === challenge && grant.clientId === clientId && grant.redirectUri === redirectUri;
  }

  issueRefresh(clientId: string): string {
    const refreshToken = token('rt');
    this.refreshTokens.set(refreshToken, clientId);
    return refreshToken;
  }

  /** Once, and by its client only. */
  spend(refreshToken: string | undefined, clientId: string | undefined): boolean {
    const owner = this.refreshTokens.get(refreshToken ?? '');
    this.refreshTokens.delete(refreshToken ?? '');
    return owner !== undefined && owner === clientId;
  }
}

export function token(kind: string): string {
  return `${kind}-${randomBytes(12).toString('hex')}`;
}

export const CLOUDFLARE_BLOCK: Reply = {
  status: 403,
  headers: { 'cf-mitigated': 'challenge', server: 'cloudflare' },
  body: '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>',
};
