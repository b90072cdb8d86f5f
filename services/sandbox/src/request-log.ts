import { createHash, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

const KEPT_REQUESTS = 50;
const KEPT_BODY = 2 * 1024 * 1024;
const SECRET_HEADERS = [
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'proxy-authorization',
];

export interface LoggedResponse {
  status?: number;
  /** Of the body as it went out, after any content encoding; hashed for tagged requests only. */
  sha256?: string;
  bytes: number;
  /** `aborted`: the client left; `failed`: a steering header asked for it. */
  outcome: 'open' | 'finished' | 'aborted' | 'failed';
}

export interface LoggedRequest {
  readonly id: string;
  readonly tag: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt: number;
  readonly body: Buffer | undefined;
  readonly bodyBytes: number;
  readonly bodySha256: string | undefined;
  readonly response: LoggedResponse;
}

/** The last requests as they arrived, so that a test can compare what was sent with what came. */
export class RequestLog {
  private readonly kept: LoggedRequest[] = [];

  record(request: IncomingMessage, body: Buffer, now: number): LoggedRequest {
    const large = body.length > KEPT_BODY;
    const tag = request.headers['x-sandbox-tag'];
    const logged: LoggedRequest = {
      id: randomUUID(),
      tag: Array.isArray(tag) ? tag[0] : tag,
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      receivedAt: now,
      body: large ? undefined : body,
      bodyBytes: body.length,
      bodySha256: large ? sha256(body) : undefined,
      response: { bytes: 0, outcome: 'open' },
    };
    this.kept.push(logged);
    if (this.kept.length > KEPT_REQUESTS) this.kept.shift();
    return logged;
  }

  /** Newest first; bodies only for one tag, they are large. */
  last(): object[] {
    return this.kept.toReversed().map((logged) => describe(logged, false));
  }

  tagged(tag: string): object[] {
    return this.kept.filter((logged) => logged.tag === tag).map((logged) => describe(logged, true));
  }
}

function describe(logged: LoggedRequest, withBody: boolean): object {
  const { body, bodySha256, headers, receivedAt, ...rest } = logged;
  return {
    ...rest,
    receivedAt: new Date(receivedAt).toISOString(),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redact(name, value)])),
    bodySha256: bodySha256 ?? sha256(body ?? Buffer.alloc(0)),
    ...(withBody && body !== undefined ? { bodyBase64: body.toString('base64') } : {}),
  };
}

/** A fingerprint tells two credentials apart without giving either away. */
function redact(name: string, value: string | string[] | undefined): unknown {
  if (!SECRET_HEADERS.includes(name) || value === undefined) return value;
  const text = String(value);
  const scheme = /^(Bearer|Basic) /i.exec(text)?.[0] ?? '';
  return `${scheme}(redacted sha256:${sha256(Buffer.from(text.slice(scheme.length))).slice(0, 16)})`;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
