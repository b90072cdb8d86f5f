import { hash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { AUDIT_CHAIN, AUDIT_STREAM } from './audit-log.js';

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
 * the chain, and so does an end that is missing.
 */
export async function verifyChain(redis: Redis | Cluster): Promise<ChainReport> {
  const checkpoint = await redis.hget(AUDIT_CHAIN, 'checkpointSeq');
  const report = await walk(redis);
  // retention may have dropped what the walk was about to read
  const dropped = !report.ok && checkpoint !== (await redis.hget(AUDIT_CHAIN, 'checkpointSeq'));
  return dropped ? walk(redis) : report;
}

async function walk(redis: Redis | Cluster): Promise<ChainReport> {
  // the head first: entries that come during the walk are beyond it, and do no harm
  const [headSeq, headHash, checkpointSeq, checkpointHash] = await redis.hmget(
    AUDIT_CHAIN,
    'seq',
    'hash',
    'checkpointSeq',
    'checkpointHash',
  );
  const end = Number(headSeq ?? 0);
  let seq = Number(checkpointSeq ?? 0);
  let before = checkpointHash ?? '';
  let entries = 0;
  let from = '-';
  const report = (what?: string, id?: string): ChainReport => ({
    ok: what === undefined,
    entries,
    seq,
    hash: before,
    ...(what === undefined ? {} : { problem: { seq: seq + 1, ...(id === undefined ? {} : { id }), what } }),
  });
  while (seq < end) {
    const batch = await redis.xrange(AUDIT_STREAM, from, '+', 'COUNT', BATCH);
    if (batch.length === 0) return report('the newest entries are missing');
    for (const [id, fields] of batch) {
      const [text, stored] = [fields[1] ?? '', fields[3] ?? ''];
      const entry = parse(text);
      if (hash('sha256', text, 'hex') !== stored) return report('this entry was changed', id);
      if (entry.seq !== seq + 1 || entry.prev !== before) {
        return report('an entry before this one was taken out, put in or changed', id);
      }
      seq++;
      entries++;
      before = stored;
      if (seq === end) break;
    }
    from = `(${batch.at(-1)?.[0]}`;
  }
  return before === (headHash ?? '') ? report() : report('the end is not the one that was written');
}

function parse(text: string): { seq?: number; prev?: string } {
  try {
    return JSON.parse(text) as { seq?: number; prev?: string };
  } catch {
    return {};
  }
}
