import { EXIT, Failure, interrupted } from './failure.js';
import type { Io } from './io.js';
import { hintFor } from './hints.js';
import { plain } from './output/text.js';
import { requireToken, type Settings } from './settings.js';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CallOptions {
  readonly body?: unknown;
  /** sent as it is, instead of `body` */
  readonly raw?: { readonly text: string; readonly type: string };
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<T> {
  readonly body: T;
  readonly headers: Headers;
}

/** Forced refreshes and tests of a provider wait for a vendor; everything else is far quicker. */
const PATIENCE_MS = 60_000;
/** The most that a list answers at once. */
const PAGE_SIZE = 1_000;

/** RFC 9457, as the auth service answers it. */
interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly errors?: unknown;
}

/** The REST API of the auth service (contract, section 8). Every failure is a `Failure` that says what to do. */
export class AdminApi {
  constructor(
    private readonly io: Io,
    private readonly settings: () => Promise<Settings>,
  ) {}

  async get<T>(path: string, query?: Query): Promise<T> {
    return (await this.call<T>('GET', path, query ? { query } : {})).body;
  }

  async send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
    return (await this.call<T>(method, path, body === undefined ? {} : { body })).body;
  }

  /** All pages of a list, or its first `limit` items. */
  async list<T>(path: string, query: Query = {}, limit = Infinity): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<T> = await this.get(path, {
        ...query,
        limit: Math.min(PAGE_SIZE, limit - items.length),
        cursor,
      });
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined && items.length < limit);
    return items.slice(0, limit);
  }

  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
    const settings = await this.settings();
    const response = await this.request(settings, method, path, options);
    const text = await response.text().catch((error: unknown) => {
      throw this.unreachable(error, settings);
    });
    if (!response.ok) throw refusal(response, text, settings);
    return { body: parse<T>(response, text, settings), headers: response.headers };
  }

  private async request(
    settings: Settings,
    method: string,
    path: string,
    options: CallOptions,
  ): Promise<Response> {
    const { body, raw, query = {}, headers } = options;
    const url = new URL(settings.url + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const content = raw?.text ?? (body === undefined ? undefined : JSON.stringify(body));
    const token = requireToken(settings);
    try {
      return await fetch(url, {
        method,
        // a redirect would carry the token to where nobody meant it to go
        redirect: 'manual',
        signal: AbortSignal.any([this.io.signal, AbortSignal.timeout(PATIENCE_MS)]),
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          ...(content === undefined ? {} : { 'content-type': raw?.type ?? 'application/json' }),
          ...headers,
        },
        ...(content === undefined ? {} : { body: content }),
      });
    } catch (error) {
      throw this.unreachable(error, settings);
    }
  }

  private unreachable(error: unknown, { url, source }: Settings): Failure {
    if (this.io.signal.aborted) return interrupted();
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const { code, message } = rootCause(error);
    const why = timedOut ? `no answer within ${PATIENCE_MS / 1_000} s` : (code ?? message);
    return new Failure(`The auth service at ${url} cannot be reached: ${why}.`, {
      code: 'unreachable',
      exitCode: EXIT.unreachable,
      hint: `is it running? The URL comes from ${source}; give another with --url, or muxgate configure`,
      cause: error,
    });
  }
}

function parse<T>(response: Response, text: string, settings: Settings): T {
  if (text === '') return undefined as T;
  if (!response.headers.get('content-type')?.startsWith('application/json')) return text as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw stranger(response.status, settings);
  }
}

function refusal(response: Response, text: string, settings: Settings): Failure {
  const { status } = response;
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  if (!isProblem) return stranger(status, settings);
  const problem = JSON.parse(text) as Problem;
  const code = plain(problem.code) || 'refused';
  const problems = mistakesOf(problem.errors);
  return new Failure(problems.length > 0 ? 'The server refuses this input.' : plain(problem.detail), {
    code,
    status,
    exitCode: status === 401 || status === 403 ? EXIT.unauthorized : EXIT.refused,
    hint: hintFor(code, settings),
    problems,
  });
}

function stranger(status: number, { url, source }: Settings): Failure {
  return new Failure(`What answers at ${url} (status ${status}) is not the auth service of Muxgate.`, {
    code: 'not_muxgate',
    status,
    exitCode: EXIT.unreachable,
    hint: `the URL comes from ${source}; give another with --url, or muxgate configure`,
  });
}

/** `fetch` hides the reason in a chain of causes. */
export function rootCause(error: unknown): { code: string | undefined; message: string } {
  let at = error as { cause?: unknown; code?: string; message?: string };
  while (at.cause !== undefined && at.cause !== null) at = at.cause as typeof at;
  return { code: at.code, message: plain(at.message) };
}

function mistakesOf(errors: unknown): string[] {
  if (!Array.isArray(errors)) return [];
  return errors.map((each: unknown) => {
    if (typeof each !== 'object' || each === null) return plain(each);
    const { path, message } = each as { path?: unknown; message?: unknown };
    return [plain(path), plain(message)].filter(Boolean).join(': ');
  });
}

/** One part of a path. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}
