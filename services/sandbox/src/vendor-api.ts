import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, Turn } from './answer.js';
import type { JsonObject } from './json.js';
import type { PromptCache } from './prompt-cache.js';
import type { VendorError } from './vendor-error.js';

/** One server-sent event, ready for the wire. */
export interface Frame {
  readonly wire: string;
  /** Carries content: pacing and failures count these. */
  readonly content: boolean;
}

/** What names one answer: the vendor's ids are made from it. */
export interface AnswerContext {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** One simulated API: its request shape in, its answer shapes out. */
export interface VendorApi<T extends Turn = Turn> {
  /** @throws VendorError for a request that the real API refuses. */
  parse(body: JsonObject, headers: IncomingHttpHeaders, cache: PromptCache): T;
  json(turn: T, answer: Answer, context: AnswerContext): object;
  frames(turn: T, answer: Answer, context: AnswerContext): Iterable<Frame>;
  errorEnvelope(error: VendorError, requestId: string): object;
  /** The event by which a stream that has begun reports a failure. */
  errorFrames(error: VendorError): string;
  headers(requestId: string, now: number): Record<string, string>;
}

export function event(name: string, data: object, content = false): Frame {
  return { wire: `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`, content };
}

export function data(value: object | string, content = false): Frame {
  return { wire: `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`, content };
}

/** Tool arguments arrive as a few fragments of JSON text. */
export function fragments(input: unknown): string[] {
  const text = JSON.stringify(input);
  const size = Math.max(4, Math.ceil(text.length / 3));
  return text.match(new RegExp(`.{1,${size}}`, 'gsu')) ?? [text];
}
