import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cluster, Redis } from 'ioredis';
import type { AuditEntry, AuditRecord } from './audit-entry.js';
import { rangeOf, selects, type AuditFilter } from './audit-filter.js';
import { toRecord } from './to-record.js';

/** One hash tag: an entry and the head of the chain are written by one script. */
export const AUDIT_STREAM = 'muxgate:{audit}:log';
export const AUDIT_CHAIN = 'muxgate:{audit}:chain';
const APPEND = readFileSync(new URL('./scripts/append.lua', import.meta.url), 'utf8');
/** A few hundred megabytes at worst; older entries belong in the log collector, which sees each one as a log line. */
const MAX_ENTRIES = 1_000_000;
const TRIM_BATCH = 1_000;
const STREAM_ID = /^[1-9]\d{0,14}-\d{1,15}$/;
const READ_BATCH = 500;
/** One request looks at no more entries than these; the next page goes on from there. */
const MOST_LOOKED_AT = 20_000;
/** Replicas that write at the same time take turns; each turn is one of them done. */
const MOST_TRIES = 100;

/** The place of the newest entry. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/**
 * What people and scripts changed or tried to, in a Redis stream: append-only, and each entry holds the hash of the
 * one before, so that a change, a gap or a missing end shows (`verifyChain`).
 */
export class AuditLog {
  private head: ChainHead = { seq: 0, hash: '' };
  private highest: ChainHead = this.head;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly redis: Redis | Cluster,
    private readonly now: () => number = Date.now,
    private readonly bounds = { entries: MAX_ENTRIES, batch: TRIM_BATCH },
  ) {}

  /** The newest entry that this process ever wrote or saw, whatever Redis says now. */
  get newestSeen(): ChainHead {
    return this.highest;
  }

  /** Answers the entry's place in the chain, for the log line. */
  record(entry: AuditEntry): Promise<ChainHead> {
    const written = this.writing.then(() => this.append(entry));
    this.writing = written.catch(() => undefined);
    return written;
  }

  /**
   * Newest first; `cursor` is that of the page before. With a filter a page may be short, even empty, and still have a
   * `nextCursor`: so many entries were looked at. A cursor of another shape starts at the top.
   */
  async list(
    page: AuditFilter & { cursor?: string; limit?: number } = {},
  ): Promise<{ items: AuditRecord[]; nextCursor?: string }> {
    const limit = page.limit ?? 100;
    const [oldest, newest] = rangeOf(page);
    let from = page.cursor !== undefined && STREAM_ID.test(page.cursor) ? `(${page.cursor}` : newest;
    const items: AuditRecord[] = [];
    for (let looked = 0; looked < MOST_LOOKED_AT; looked += READ_BATCH) {
      const entries = await this.redis.xrevrange(AUDIT_STREAM, from, oldest, 'COUNT', READ_BATCH);
      for (const [id, fields] of entries) {
        const record = toRecord(id, fields);
        if (!selects(page, record)) continue;
        if (items.length === limit) return { items, nextCursor: (items.at(-1) as AuditRecord).id };
        items.push(record);
      }
      const last = entries.at(-1)?.[0];
      if (entries.length < READ_BATCH || last === undefined) return { items };
      from = `(${last}`;
    }
    return { items, nextCursor: from.slice(1) };
  }

  /** Oldest first, all of them, a batch at a time. */
  async *all(filter: AuditFilter = {}): AsyncGenerator<AuditRecord> {
    let [from, newest] = rangeOf(filter);
    for (;;) {
      const entries = await this.redis.xrange(AUDIT_STREAM, from, newest, 'COUNT', READ_BATCH);
      for (const [id, fields] of entries) {
        const record = toRecord(id, fields);
        if (selects(filter, record)) yield record;
      }
      const last = entries.at(-1)?.[0];
      if (last === undefined) return;
      from = `(${last}`;
    }
  }

  private async append(entry: AuditEntry): Promise<ChainHead> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const seq = this.head.seq + 1;
      const text = JSON.stringify({ seq, at: this.now(), prev: this.head.hash, ...entry });
      const digest = hash('sha256', text, 'hex');
      const [written, number, newest] = (await this.redis.eval(
        APPEND,
        2,
        AUDIT_STREAM,
        AUDIT_CHAIN,
        this.head.hash,
        text,
        seq,
        digest,
        this.bounds.entries,
        this.bounds.batch,
      )) as [number, number, string];
      this.head = { seq: number, hash: newest };
      if (number >= this.highest.seq) this.highest = this.head;
      if (written === 1) return this.head;
    }
    throw new Error('other replicas wrote to the audit log without end');
  }
}
