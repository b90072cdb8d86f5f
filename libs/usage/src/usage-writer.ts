import type { Cluster, Redis } from 'ioredis';
import type { UsageBatch } from './batch.js';
import { HOURS, hourKey, markKey, minuteKey, REQUESTS, REVISION, TOUCHED } from './keys.js';
import { packSums } from './sums.js';

/** A process that is not heard of for so long has no batch left to send again. */
const MARK_MS = 40 * 24 * 3_600_000;
const MINUTE_TTL_SECONDS = 26 * 3_600;

/**
 * Adds a batch unless it was added before: batches of one process are numbered without gaps, so that the number of
 * the last one is all that has to be remembered. Sums stay below 2^53, where Lua's numbers are exact. Rows come as records
 * (record-layout.ts), one after the other; what they are about comes once for all of them, and is kept with each.
 */
const ADD = `
local mark = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) <= mark then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local at = 3
local function take() at = at + 1; return ARGV[at] end
local function add(key, field, packed)
  local have = redis.call('HGET', key, field)
  if have then
    local more = string.gmatch(packed, '%d+')
    packed = string.gsub(have, '%d+', function(number)
      return string.format('%.0f', tonumber(number) + tonumber(more() or '0'))
    end)
  end
  redis.call('HSET', key, field, packed)
end
local revision = redis.call('INCR', KEYS[4])
for _ = 1, tonumber(take()) do
  local start, key = take(), take()
  add(key, take(), take())
  redis.call('ZADD', KEYS[2], start, start)
  redis.call('ZADD', KEYS[3], revision, start)
end
for _ = 1, tonumber(take()) do
  local key = take()
  add(key, 'sums', take())
  add(key, 'latencies', take())
  redis.call('EXPIRE', key, ${MINUTE_TTL_SECONDS})
end
local texts = {}
for _ = 1, tonumber(take()) do
  local number = tonumber(take())
  texts[number] = take()
end
local rows, from = take(), 1
while from < #rows do
  local _, a, b, c, d, e, f, g = string.byte(rows, from, from + 7)
  local to, subject = from + a + b * 256 + c * 65536, d + e * 256 + f * 65536 + g * 16777216
  local row = string.sub(rows, from, to - 1) .. texts[subject]
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[3], '*', 'row', row)
  from = to
end
return 1`;

/** Where gateways write what was used, each batch exactly once. */
export class UsageWriter {
  constructor(private readonly redis: Redis | Cluster) {}

  /**
   * `spool` names a process, `sequence` its batch: 1, 2, … A batch whose fate is not known is sent again under its
   * number.
   */
  async add(spool: string, sequence: number, batch: UsageBatch, maxRows: number): Promise<void> {
    const hours = batch.hourEntries;
    const minutes = [...batch.minutes];
    const subjects = [...batch.subjects];
    await this.redis.eval(
      ADD,
      5,
      markKey(spool),
      HOURS,
      TOUCHED,
      REVISION,
      REQUESTS,
      sequence,
      MARK_MS,
      maxRows,
      hours.length,
      ...hours.flatMap(([start, group, sums]) => [start, hourKey(start), group, sums]),
      minutes.length,
      ...minutes.flatMap(([minute, { sums, latencies }]) => [
        minuteKey(minute),
        packSums(sums),
        latencies.join(' '),
      ]),
      subjects.length,
      ...subjects.flatMap(({ number, parties }) => [number, parties]),
      // one argument, not a thousand
      batch.rows.written,
    );
  }

  /** The last batch of a process that was added; 0 if none. */
  async lastAdded(spool: string): Promise<number> {
    return Number((await this.redis.get(markKey(spool))) ?? 0);
  }
}
