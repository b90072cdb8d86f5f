import type { IncomingHttpHeaders } from 'node:http';
import { VendorError } from './vendor-error.js';

const FAILURES = [
  'reset',
  'truncate',
  'cut-json',
  'second-start',
  'mid-stream-error',
  'early-error',
  'hang',
  'silence',
  'html',
] as const;
export type Failure = (typeof FAILURES)[number];

/** What one request asks of the vendor by `x-sandbox-*` headers; the table is in the README of this service. */
export interface Steering {
  readonly status?: number;
  readonly retryAfter?: string;
  readonly events?: number;
  readonly delayMs: number;
  /** Milliseconds between content events; 0 sends the whole answer in one burst. */
  readonly intervalMs: number;
  readonly fail?: Failure;
  /** Content events sent before `fail` strikes; half of them unless told. */
  readonly failAfter?: number;
  /** Only the first so many requests with the same tag meet `status` and `fail`. */
  readonly times?: number;
  readonly bytes?: number;
  readonly text?: string;
  readonly encoding?: 'gzip';
  readonly tag?: string;
}

const DEFAULT_INTERVAL_MS = 10;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_WAIT_MS = 10 * 60_000;

/** @throws VendorError 400 for a header that says nothing sensible: a misspelt test must not pass. */
export function readSteering(headers: IncomingHttpHeaders): Steering {
  const text = (name: string): string | undefined => {
    const value = headers[`x-sandbox-${name}`];
    return Array.isArray(value) ? value[0] : value;
  };
  const number = (name: string, minimum: number, maximum: number): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const parsed = Number(value);
    if (!Number.isInteger(parsed) || parsed < minimum || parsed > maximum) {
      throw new VendorError(400, `x-sandbox-${name} takes a whole number from ${minimum} to ${maximum}`);
    }
    return parsed;
  };
  const oneOf = <T extends string>(name: string, allowed: readonly T[]): T | undefined => {
    const value = text(name);
    const known = allowed.find((each) => each === value);
    if (value !== undefined && known === undefined) {
      throw new VendorError(400, `x-sandbox-${name} takes one of: ${allowed.join(', ')}`);
    }
    return known;
  };
  return withoutUndefined({
    status: number('status', 400, 599),
    retryAfter: text('retry-after'),
    events: number('events', 1, 1_000_000),
    delayMs: number('delay-ms', 0, MAX_WAIT_MS) ?? 0,
    intervalMs: number('interval-ms', 0, MAX_WAIT_MS) ?? DEFAULT_INTERVAL_MS,
    fail: oneOf('fail', FAILURES),
    failAfter: number('fail-after', 0, 1_000_000),
    times: number('times', 1, 1_000_000),
    bytes: number('bytes', 0, MAX_ANSWER_BYTES),
    text: text('text'),
    encoding: oneOf('encoding', ['gzip']),
    tag: text('tag'),
  });
}

type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];
type Present<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** Counts requests per tag, so that `x-sandbox-times` can let the later ones pass. */
export class FailureBudget {
  private readonly met = new Map<string, number>();

  /** The steering without its failure when this tag has failed often enough. */
  apply(steering: Steering): Steering {
    const { tag, times } = steering;
    if (tag === undefined || times === undefined) return steering;
    const before = this.met.get(tag) ?? 0;
    if (before >= times) {
      const { status: _status, fail: _fail, ...healthy } = steering;
      return healthy;
    }
    this.met.delete(tag);
    this.met.set(tag, before + 1);
    const [oldest] = this.met.keys();
    if (this.met.size > 1_000 && oldest !== undefined) this.met.delete(oldest);
    return steering;
  }
}
