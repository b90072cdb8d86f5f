import type { AuditOutcome, AuditRecord } from './audit-entry.js';

/** All that are given must hold. Texts are exact, or with `*` at the end a beginning. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** epoch milliseconds, `to` not included */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export function selects({ actor, action, subject, outcome }: AuditFilter, record: AuditRecord): boolean {
  return (
    matches(actor, record.actor) &&
    matches(action, record.action) &&
    matches(subject, record.subject) &&
    matches(outcome, record.outcome)
  );
}

/** The ids of a stream begin with the time. */
export function rangeOf({ from, to }: AuditFilter): [oldest: string, newest: string] {
  return [from === undefined ? '-' : String(from), to === undefined ? '+' : `(${to}-0`];
}

function matches(wanted: string | undefined, value: string): boolean {
  if (wanted === undefined) return true;
  return wanted.endsWith('*') ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
}
