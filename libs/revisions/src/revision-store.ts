import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from '@muxgate/redis';
import { CONFIG_EVENTS, CURRENT, FILE, REPLICAS, REVISIONS } from './keys.js';
import type { ReplicaReport, Revision, RevisionHead } from './revision.js';

const COMMIT = readFileSync(new URL('./scripts/commit.lua', import.meta.url), 'utf8');
const MAX_REVISIONS = 100;
const MAX_BYTES = 16 * 1024 * 1024;
/** A replica that was not heard of for so long is gone. */
const REPLICA_LIFE_MS = 30_000;

export interface Committed {
  /** `unchanged`: this very text is in force already. `stale`: another revision came first. */
  readonly outcome: 'created' | 'unchanged' | 'stale';
  /** the revision in force afterwards */
  readonly number: number;
}

export type NewRevision = Pick<Revision, 'text' | 'by' | 'comment'>;

/** The numbered revisions of the configuration in Redis. What is valid is decided by the caller. */
export class RevisionStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly now: () => number = Date.now,
    private readonly bounds = { revisions: MAX_REVISIONS, bytes: MAX_BYTES },
  ) {}

  /** A text that was given by REST. @param expected the revision that has to be in force still */
  commitFromApi(revision: NewRevision, expected?: number): Promise<Committed> {
    return this.commit({ ...revision, source: 'api' }, '', expected);
  }

  /** The file's text; a text that was taken over from the file before, by whichever replica, changes nothing. */
  commitFromFile(text: string): Promise<Committed> {
    return this.commit({ text, by: 'file', source: 'file' }, digestOf(text));
  }

  /** The number of the revision in force; 0 before the first. */
  async current(): Promise<number> {
    return Number((await this.redis.get(CURRENT)) ?? 0);
  }

  async get(number: number): Promise<Revision | undefined> {
    const text = await this.redis.hget(REVISIONS, String(number));
    return text === null ? undefined : (JSON.parse(text) as Revision);
  }

  /** Newest first; `before` is the last number of the page before. */
  async list(limit: number, before?: number): Promise<{ items: RevisionHead[]; nextCursor?: string }> {
    const numbers = (await this.redis.hkeys(REVISIONS)).map(Number).toSorted((one, other) => other - one);
    const left = before === undefined ? numbers : numbers.filter((number) => number < before);
    const page = left.slice(0, limit);
    const texts = page.length === 0 ? [] : await this.redis.hmget(REVISIONS, ...page.map(String));
    const items = texts.flatMap((text) => (text === null ? [] : [headOf(JSON.parse(text) as Revision)]));
    return left.length > limit ? { items, nextCursor: String(page.at(-1)) } : { items };
  }

  async report(report: ReplicaReport): Promise<void> {
    await this.redis.hset(REPLICAS, report.id, JSON.stringify(report));
  }

  async forget(id: string): Promise<void> {
    await this.redis.hdel(REPLICAS, id);
  }

  /** Those that were heard of lately; the others are forgotten in passing. */
  async replicas(): Promise<ReplicaReport[]> {
    const alive: ReplicaReport[] = [];
    for (const [id, text] of Object.entries(await this.redis.hgetall(REPLICAS))) {
      const report = JSON.parse(text) as ReplicaReport;
      if (report.seenAt + REPLICA_LIFE_MS > this.now()) alive.push(report);
      else await this.forget(id);
    }
    return alive.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  private async commit(
    revision: NewRevision & Pick<Revision, 'source'>,
    fileHash: string,
    expected?: number,
  ): Promise<Committed> {
    const digest = digestOf(revision.text);
    const record = JSON.stringify({ ...revision, hash: digest, at: this.now() });
    const [outcome, number] = (await this.redis.eval(
      COMMIT,
      3,
      CURRENT,
      REVISIONS,
      FILE,
      record,
      digest,
      fileHash,
      expected === undefined ? '' : String(expected),
      this.bounds.revisions,
      this.bounds.bytes,
      CONFIG_EVENTS,
    )) as [Committed['outcome'], number];
    return { outcome, number };
  }
}

export function digestOf(text: string): string {
  return hash('sha256', text, 'hex');
}

function headOf({ text: _, ...head }: Revision): RevisionHead {
  return head;
}
