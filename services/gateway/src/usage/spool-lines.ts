import type { AttemptEvent, RequestEvent, UsageEvent } from '@muxgate/usage';

/** What a spool's lines say, in the order in which it happened. */
export type SpoolLine =
  /** it happened; `closes` is the number of an attempt that was open */
  | { readonly kind: 'event'; readonly event: UsageEvent; readonly closes: number | null }
  /** what an attempt that is open would come to, should nothing more be heard of it */
  | {
      readonly kind: 'open';
      readonly open: number;
      readonly attempt: AttemptEvent;
      readonly request: RequestEvent;
    }
  /** the events since the batch before are this one */
  | { readonly kind: 'batch'; readonly sequence: number }
  /** what was counted so far, Prometheus has */
  | { readonly kind: 'scraped' }
  /** what it does not have of all that was counted so far, added up */
  | { readonly kind: 'unseen'; readonly events: readonly AttemptEvent[] };

/*
 * Lines are JSON arrays, put together by hand: groups and rows are JSON already, the rest are numbers, and turning
 * objects into JSON would cost a request more than all else of its accounting.
 */

export const SCRAPED_LINE = '["s"]';

export function attemptLine(event: AttemptEvent, closes?: number): string {
  const { at, group, inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens, reasoningTokens } =
    event;
  const tokens = `${inputTokens},${outputTokens},${cacheReadTokens},${cacheCreationTokens},${reasoningTokens}`;
  return `["a",${at},${group},${tokens},${event.costNanoUsd},${event.estimated},${closes ?? null}]`;
}

export function requestLine({ at, durationMs, error, group, row }: RequestEvent): string {
  return `["r",${at},${durationMs},${error},${group},${row}]`;
}

export function openLine(open: number, attempt: AttemptEvent, request: RequestEvent): string {
  return `["o",${open},${attemptLine(attempt)},${requestLine(request)}]`;
}

export function batchLine(sequence: number): string {
  return `["b",${sequence}]`;
}

export function unseenLine(events: readonly AttemptEvent[]): string {
  return `["u",[${events.map((event) => attemptLine(event)).join()}]]`;
}

export function readSpool(text: string): SpoolLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [readLine(JSON.parse(line) as unknown[])];
    } catch {
      return []; // the last one, of a process that was killed while it wrote
    }
  });
}

function readLine(line: readonly unknown[]): SpoolLine {
  switch (line[0]) {
    case 'a':
      return { kind: 'event', event: readAttempt(line), closes: line[10] as number | null };
    case 'r':
      return { kind: 'event', event: readRequest(line), closes: null };
    case 'o':
      return {
        kind: 'open',
        open: line[1] as number,
        attempt: readAttempt(line[2] as unknown[]),
        request: readRequest(line[3] as unknown[]),
      };
    case 'b':
      return { kind: 'batch', sequence: line[1] as number };
    case 'u':
      return { kind: 'unseen', events: (line[1] as unknown[][]).map(readAttempt) };
    default:
      return { kind: 'scraped' };
  }
}

function readAttempt(line: readonly unknown[]): AttemptEvent {
  return {
    type: 'attempt',
    at: line[1] as number,
    group: JSON.stringify(line[2]),
    inputTokens: line[3] as number,
    outputTokens: line[4] as number,
    cacheReadTokens: line[5] as number,
    cacheCreationTokens: line[6] as number,
    reasoningTokens: line[7] as number,
    costNanoUsd: line[8] as number | null,
    estimated: line[9] as boolean,
  };
}

function readRequest(line: readonly unknown[]): RequestEvent {
  return {
    type: 'request',
    at: line[1] as number,
    durationMs: line[2] as number,
    error: line[3] as boolean,
    group: line[4] === null ? null : JSON.stringify(line[4]),
    row: JSON.stringify(line[5]),
  };
}
