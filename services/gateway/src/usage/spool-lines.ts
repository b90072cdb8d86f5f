import type { AttemptEvent, RequestEvent, UsageEvent } from '@muxgate/usage';

/** What a spool's lines say, in the order in which it happened. */
export type SpoolLine =
  /** it happened; `closes` is the number of an attempt that was open */
  | { readonly event: UsageEvent; readonly closes?: number }
  /** what an attempt that is open would come to, should nothing more be heard of it */
  | { readonly open: number; readonly attempt: AttemptEvent; readonly request: RequestEvent }
  /** the events since the batch before are this one */
  | { readonly batch: number }
  /** what was counted so far, Prometheus has */
  | { readonly scraped: true }
  /** what it does not have of all that was counted so far, added up */
  | { readonly unseen: readonly AttemptEvent[] };

export function readSpool(text: string): SpoolLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as SpoolLine];
    } catch {
      return []; // the last one, of a process that was killed while it wrote
    }
  });
}
