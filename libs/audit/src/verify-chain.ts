import { hash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { AUDIT_CHAIN, AUDIT_STREAM, type ChainHead } from './audit-log.js';

export interface ChainReport {
  readonly ok: boolean;
  /** entries that were found sound */
  readonly entries: number;
  /** the newest of them; compare it with the log collector's, which nobody who changes Redis can change */
  readonly seq: number;
  readonly hash: string;
  /** where it breaks, and how */
  readonly problem?: { readonly seq: number; readonly id?: string; readonly what: string };
}

const BATCH = 500;

/**
 * Walks the audit log from its checkpoint to its head. An entry that was changed, put in, taken out or moved breaks
 * the chain, and so does an end that is missing or goes on.
 *
 * @param seen the newest entry that somebody outside Redis knows of: it shows an end that was cut off together with
 *   what Redis remembers of it
 */
export async function verifyChain(redis: Redis | Cluster, seen?: ChainHead): Promise<ChainReport> {
  const checkpoint = await redis.hget(AUDIT_CHAIN, 'checkpointSeq');
  const report = await walk(redis, seen);
  // retention may have dropped what the walk was about to read
  const dropped = !report.ok && checkpoint !== (await redis.hget(AUDIT_CHAIN, 'checkpointSeq'));
  return dropped ? walk(redis, seen) : report;
}

interface Snapshot {
  readonly end: ChainHead;
  readonly checkpoint: ChainHead;
  /** of the newest entry of the stream */
  readonly lastId: string | undefined;
}

/** The ends of the chain in one moment: entries that come during a walk are beyond them, and do no harm. */
async function snapshotOf(redis: Redis | Cluster): Promise<Snapshot> {
  const answers = await redis
    .multi()
    .hmget(AUDIT_CHAIN, 'seq', 'hash', 'checkpointSeq', 'checkpointHash')
    .xrevrange(AUDIT_STREAM, '+', '-', 'COUNT', 1)
    .exec();
  const [ends, newest] = (answers ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
  const [seq, hash, checkpointSeq, checkpointHash] = ends as (string | null)[];
  const [last] = newest as [id: string, fields: string[]][];
  return {
    end: { seq: Number(seq ?? 0), hash: hash ?? '' },
    checkpoint: { seq: Number(checkpointSeq ?? 0), hash: checkpointHash ?? '' },
    lastId: last?.[0],
  };
}

async function walk(redis: Redis | Cluster, seen: ChainHead | undefined): Promise<ChainReport> {
  const { end, checkpoint, lastId } = await snapshotOf(redis);
  let { seq, hash: before } = checkpoint;
  let entries = 0;
  let from = '-';
  let at: string | undefined;
  const report = (what?: string, id?: string): ChainReport => ({
    ok: what === undefined,
    entries,
    seq,
    hash: before,
    ...(what === undefined ? {} : { problem: { seq: seq + 1, ...(id === undefined ? {} : { id }), what } }),
  });
  while (seq < end.seq) {
    const batch = await redis.xrange(AUDIT_STREAM, from, '+', 'COUNT', BATCH);
    if (batch.length === 0) return report('the newest entries are missing');
    for (const [id, fields] of batch) {
      const [text, stored] = [fields[1] ?? '', fields[3] ?? ''];
      const entry = parse(text);
      if (hash('sha256', text, 'hex') !== stored) return report('this entry was changed', id);
      if (entry.seq !== seq + 1 || entry.prev !== before) {
        return report('an entry before this one was taken out, put in or changed', id);
      }
      if (entry.seq === seen?.seq && stored !== seen.hash) return report('another entry was here before', id);
      seq++;
      entries++;
      before = stored;
      at = id;
      if (seq === end.seq) break;
    }
    from = `(${batch.at(-1)?.[0]}`;
  }
  if (before !== end.hash) return report('the end is not the one that was written');
  if (at !== lastId)
    return report('entries were put in after the end, or what is known of it was taken out', lastId);
  if (seen !== undefined && seq < seen.seq) return report('the newest entries are missing');
  return report();
}

function parse(text: string): { seq?: number; prev?: string } {
  try {
    return JSON.parse(text) as { seq?: number; prev?: string };
  } catch {
    return {};
  }
}
