import type { Cluster, Redis } from 'ioredis';

export interface AuditEntry {
  /** who: the name of the admin token, or `browser` for a callback */
  actor: string;
  /** what: `credential.connect`, `client-key.revoke`, … */
  action: string;
  /** on what: the id of the credential, the key, … */
  subject: string;
  outcome: 'success' | 'failure';
  /** from where: the address of the caller */
  from?: string;
  /** more of what happened; never a secret */
  details?: Readonly<Record<string, unknown>>;
}

/** `id` is the id of the stream entry, `at` epoch milliseconds. */
export interface AuditRecord extends AuditEntry {
  id: string;
  at: number;
}

const STREAM = 'muxgate:audit';
/** A few hundred megabytes at worst; older entries belong in the log collector, which sees each one as a log line. */
const MAX_ENTRIES = 1_000_000;
const STREAM_ID = /^\d{1,20}-\d{1,20}$/;

/** What people and scripts changed, in a Redis stream: append-only, newest first when read. */
export class AuditLog {
  constructor(private readonly redis: Redis | Cluster) {}

  async record(entry: AuditEntry): Promise<void> {
    await this.redis.xadd(STREAM, 'MAXLEN', '~', MAX_ENTRIES, '*', 'entry', JSON.stringify(entry));
  }

  /** Newest first; `cursor` is the id of the last record of the page before. A cursor of another shape starts at the top. */
  async list(
    page: { cursor?: string; limit?: number } = {},
  ): Promise<{ items: AuditRecord[]; nextCursor?: string }> {
    const limit = page.limit ?? 100;
    const from = page.cursor !== undefined && STREAM_ID.test(page.cursor) ? `(${page.cursor}` : '+';
    const entries = await this.redis.xrevrange(STREAM, from, '-', 'COUNT', limit + 1);
    const items = entries.slice(0, limit).map(([id, fields]) => toRecord(id, fields));
    const last = items.at(-1);
    return entries.length > limit && last ? { items, nextCursor: last.id } : { items };
  }
}

function toRecord(id: string, fields: string[]): AuditRecord {
  const entry = JSON.parse(fields[1] ?? '{}') as AuditEntry;
  return { ...entry, id, at: Number(id.slice(0, id.indexOf('-'))) };
}
