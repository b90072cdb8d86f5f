import { IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody, send, sendJson } from './http.js';
import { isObject, stringOf, type JsonObject } from './json.js';
import type { OAuthServer } from './oauth-server.js';
import type { Stats } from './stats.js';
import { VendorError } from './vendor-error.js';

const TOKEN_MODES = [
  'normal',
  'down',
  'refused',
  'slow',
  'hold-answer',
  'drop-answer',
  'html',
  'error',
  'nested-error',
  'rate-limited',
] as const;
export type TokenMode = (typeof TOKEN_MODES)[number];

export interface TokenEndpointSetting {
  readonly mode: TokenMode;
  /** Delay of `slow` and `hold-answer`; Retry-After of `down` and `rate-limited`. Milliseconds. */
  readonly ms?: number;
  /** How many token requests meet the mode before the endpoint is normal again. */
  readonly count?: number;
  /** How long the mode lasts at most, in milliseconds. */
  readonly forMs?: number;
  /** Status of `html`, `error` and `nested-error`. */
  readonly status?: number;
  /** The code that `error` and `nested-error` answer. */
  readonly error?: string;
}

const TOKEN_BODY_LIMIT = 56 * 1024;

/** The token endpoint with its tempers: healthy unless told otherwise by `POST /sandbox/token-endpoint`. */
export class TokenEndpoint {
  private setting: TokenEndpointSetting = { mode: 'normal' };
  private left = Infinity;
  private endsAt = Infinity;

  constructor(
    private readonly oauth: OAuthServer,
    private readonly stats: Stats,
    private readonly now: () => number,
  ) {}

  configure(setting: TokenEndpointSetting): void {
    this.setting = setting;
    this.left = setting.count ?? Infinity;
    this.endsAt = this.now() + (setting.forMs ?? Infinity);
  }

  current(): TokenEndpointSetting {
    return this.left > 0 && this.now() < this.endsAt ? this.setting : { mode: 'normal' };
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const setting = this.current();
    if (setting.mode !== 'normal') {
      this.left -= 1;
      this.stats.disturbed(setting.mode);
    }
    const ms = setting.ms ?? 1_000;
    switch (setting.mode) {
      case 'refused':
        request.socket.resetAndDestroy();
        return;
      case 'down':
        sendJson(response, 503, { error: 'temporarily_unavailable' }, retryAfter(setting.ms));
        return;
      case 'rate-limited':
        sendJson(response, 429, { error: 'rate_limited' }, retryAfter(ms));
        return;
      case 'html':
        send(
          response,
          setting.status ?? 503,
          'text/html',
          '<html><body><h1>Just a moment…</h1></body></html>',
        );
        return;
      case 'error':
        sendJson(response, setting.status ?? 400, { error: setting.error ?? 'invalid_grant' });
        return;
      case 'nested-error': {
        const code = setting.error ?? 'refresh_token_invalidated';
        const message = 'Your session has ended.';
        sendJson(response, setting.status ?? 401, {
          error: { message, type: 'invalid_request_error', code },
        });
        return;
      }
      case 'drop-answer':
        interceptEnd(response, () => void request.socket.destroy());
        break;
      case 'hold-answer':
        interceptEnd(response, (end) => void setTimeout(end, ms));
        break;
      case 'slow':
        await sleep(ms);
        break;
      case 'normal':
        break;
    }
    await this.oauth.handle(await asForm(request), response);
  }
}

/** @throws VendorError 400 */
export function parseTokenEndpointSetting(body: unknown): TokenEndpointSetting {
  if (!isObject(body)) throw new VendorError(400, 'send a JSON object such as {"mode":"down","count":1}');
  const mode = TOKEN_MODES.find((each) => each === body['mode']);
  if (mode === undefined) throw new VendorError(400, `mode takes one of: ${TOKEN_MODES.join(', ')}`, 'mode');
  const error = stringOf(body['error']);
  return {
    mode,
    ...numbers(body, ['ms', 'count', 'forMs', 'status']),
    ...(error === undefined ? {} : { error }),
  };
}

function numbers<K extends string>(body: JsonObject, names: readonly K[]): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const name of names) {
    const value = body[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || Number(value) < 0)
      throw new VendorError(400, `${name} takes a whole number`, name);
    found[name] = Number(value);
  }
  return found;
}

function retryAfter(ms: number | undefined): Record<string, string> {
  return ms === undefined ? {} : { 'retry-after': String(Math.ceil(ms / 1000)) };
}

/** Lets the grant happen, and decides what becomes of its answer. */
function interceptEnd(response: ServerResponse, decide: (end: () => void) => void): void {
  const end = response.end.bind(response) as (...parts: unknown[]) => ServerResponse;
  response.end = (...parts: unknown[]) => {
    decide(() => end(...parts));
    return response;
  };
}

/** Some vendors take token requests as JSON; oidc-provider knows only forms, so it is handed one. */
async function asForm(request: IncomingMessage): Promise<IncomingMessage> {
  if (!request.headers['content-type']?.startsWith('application/json')) return request;
  const body = await readBody(request, TOKEN_BODY_LIMIT);
  let fields: unknown;
  try {
    fields = JSON.parse(body.toString());
  } catch {
    fields = {};
  }
  const pairs = Object.entries(isObject(fields) ? fields : {}).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const form = Buffer.from(new URLSearchParams(pairs).toString());
  const replay = new IncomingMessage(request.socket);
  replay.method = request.method ?? 'POST';
  replay.url = request.url ?? '/token';
  replay.headers = {
    ...request.headers,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(form.length),
  };
  replay.complete = true;
  replay.push(form);
  replay.push(null);
  return replay;
}
