import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { registerTeardown } from './teardown.ts';

export interface Presentation {
  readonly at: number;
  /** `rotated`: first use; `replayed`: a repetition within the grace; `reused`: refused, and the family revoked. */
  readonly outcome: 'rotated' | 'replayed' | 'reused' | 'unknown';
}

interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

interface Family {
  revoked: boolean;
  /** The token that may be spent next, and the one before with the answer it got. */
  current: string;
  last?: { token: string; answer: object };
}

export interface StrictTokenServer {
  readonly url: string;
  /** By refresh token, every time it came. */
  readonly presentations: ReadonlyMap<string, readonly Presentation[]>;
  /** When an answer was cut off on purpose. */
  readonly cuts: readonly number[];
  readonly revoked: number;
  /** The next requests get these answers instead, one each; `cut` processes the request and drops the connection. */
  readonly scripted: (Answer | 'cut')[];
  /** Share of answers that are processed and then cut off. */
  cutShare: number;
  latencyMs: () => number;
  /** While true every connection is dropped unread. */
  down: boolean;
  newFamily(): { accessToken: string; refreshToken: string; tokenType: string; expiresAt: number };
}

/**
 * A token endpoint that rotates strictly and remembers every presentation of every refresh token. With `grace`, a
 * token may be repeated while its successor was never used, as vendors allow for answers that were lost; any other
 * repetition revokes the family.
 */
export async function startStrictTokenServer(options: {
  accessSeconds: number;
  grace: boolean;
}): Promise<StrictTokenServer> {
  const families = new Map<string, Family>();
  const presentations = new Map<string, Presentation[]>();
  const cuts: number[] = [];
  const issue = (family: Family) => {
    const token = `rt-${randomUUID()}`;
    family.current = token;
    families.set(token, family);
    return {
      access_token: `at-${randomUUID()}`,
      refresh_token: token,
      token_type: 'Bearer',
      expires_in: options.accessSeconds,
    };
  };
  const spend = (token: string): Answer => {
    const family = families.get(token);
    const came = presentations.get(token) ?? [];
    presentations.set(token, came);
    const note = (outcome: Presentation['outcome']) => came.push({ at: Date.now(), outcome });
    const refused: Answer = { status: 400, body: { error: 'invalid_grant' } };
    if (family === undefined || family.revoked) {
      note('unknown');
      return refused;
    }
    if (token === family.current) {
      note('rotated');
      const answer = issue(family);
      family.last = { token, answer };
      return { status: 200, body: answer };
    }
    if (options.grace && family.last?.token === token && !presentations.has(family.current)) {
      note('replayed');
      return { status: 200, body: family.last.answer };
    }
    note('reused');
    family.revoked = true;
    return refused;
  };

  const state = { down: false, cutShare: 0, latencyMs: () => 0 };
  const scripted: (Answer | 'cut')[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    if (state.down) return void request.socket.destroy();
    const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    const next = scripted.shift();
    await sleep(state.latencyMs());
    const answer = next === undefined || next === 'cut' ? spend(form.get('refresh_token') ?? '') : next;
    await sleep(state.latencyMs());
    if (next === 'cut' || (next === undefined && Math.random() < state.cutShare)) {
      cuts.push(Date.now());
      return void request.socket.destroy();
    }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body ?? {}));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await registerTeardown(
    async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    () => server.closeAllConnections(),
  );
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    presentations,
    cuts,
    scripted,
    get revoked() {
      return new Set([...families.values()].filter((family) => family.revoked)).size;
    },
    newFamily() {
      const answer = issue({ revoked: false, current: '' });
      return {
        accessToken: answer.access_token,
        refreshToken: answer.refresh_token,
        tokenType: 'Bearer',
        expiresAt: Date.now() + options.accessSeconds * 1_000,
      };
    },
  });
}
