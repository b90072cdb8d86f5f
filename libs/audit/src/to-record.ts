import type { AuditEntry, AuditRecord } from './audit-entry.js';

/** What somebody else wrote into the stream: shown, so that it is found, and so that it hides nothing. */
const UNREADABLE = { seq: 0, prev: '', actor: 'unknown', action: 'audit.unreadable', subject: '-' } as const;

/** A stream's entry, with what its hash is over. */
export function toRecord(id: string, fields: readonly string[]): AuditRecord {
  const hash = fields[3] ?? '';
  const entry = entryOf(fields[1] ?? '');
  if (entry !== undefined) return { ...entry, id, hash };
  return { ...UNREADABLE, outcome: 'failure', at: Number(id.slice(0, id.indexOf('-'))), id, hash };
}

type Written = AuditEntry & Pick<AuditRecord, 'seq' | 'at' | 'prev'>;

function entryOf(text: string): Written | undefined {
  try {
    const entry = JSON.parse(text) as Partial<Written> | null;
    const texts = [entry?.actor, entry?.action, entry?.subject, entry?.outcome];
    const isReadable = texts.every((value) => typeof value === 'string') && isTime(entry?.at);
    return isReadable ? (entry as Written) : undefined;
  } catch {
    return undefined;
  }
}

function isTime(at: unknown): boolean {
  return typeof at === 'number' && !Number.isNaN(new Date(at).getTime());
}
