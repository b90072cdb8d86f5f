import { randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { CLOSED, dayKey, DAYS, hourKey, HOURS, REQUESTS, TOUCHED } from './keys.js';
import { addSums, packSums, unpackSums, type UsageSums } from './sums.js';
import { dayOf, dayStart, nextDay } from './zone.js';

export interface Retention {
  readonly hourDays: number;
  readonly dayDays: number;
  readonly requestDays: number;
}

const DAY_MS = 24 * 3_600_000;
const FIELDS_AT_ONCE = 500;
/** Of a day that is being written; a worker that dies leaves no more than this. */
const DRAFT_SECONDS = 600;

/**
 * Puts a written day in its place, unless another worker closed it meanwhile. An hour that changed stays touched, and its
 * day is rolled up again.
 */
const COMMIT = `
if redis.call('ZSCORE', KEYS[5], ARGV[2]) then return 0 end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('PERSIST', KEYS[2])
end
redis.call('ZADD', KEYS[3], ARGV[1], ARGV[2])
for at = 3, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[4], ARGV[at]) == ARGV[at + 1] then redis.call('ZREM', KEYS[4], ARGV[at]) end
end
return 1`;

/** The same of a day that was added to: at once, or not at all, and its hours go. ARGV: hour, its revision, its key, … */
const COMMIT_CLOSED = `
for at = 1, #ARGV, 3 do
  if redis.call('ZSCORE', KEYS[3], ARGV[at]) ~= ARGV[at + 1] then return 0 end
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('PERSIST', KEYS[2])
end
for at = 1, #ARGV, 3 do
  redis.call('ZREM', KEYS[3], ARGV[at])
  redis.call('ZREM', KEYS[4], ARGV[at])
  redis.call('UNLINK', ARGV[at + 2])
end
return 1`;

/** Forgets the hours of a day, unless the day does not hold all of them. ARGV: start of the day, day, hour, its key, … */
const CLOSE = `
for at = 3, #ARGV, 2 do
  if redis.call('ZSCORE', KEYS[2], ARGV[at]) then return 0 end
end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
for at = 3, #ARGV, 2 do
  redis.call('ZREM', KEYS[3], ARGV[at])
  redis.call('UNLINK', ARGV[at + 1])
end
return 1`;

interface TouchedHour {
  readonly start: string;
  readonly revision: string;
}

/**
 * Hours into days. A day is added up from all of its hours each time, never added to, so that it is right however
 * often, by however many workers and after whatever crash it is done. Once its hours are gone it is closed: what comes
 * later is added to it, and goes with that.
 */
export class RollUp {
  constructor(
    private readonly redis: Redis | Cluster,
    private readonly now: () => number = Date.now,
  ) {}

  /** @returns the days that were rolled up */
  async run(timeZone: string, retention: Retention): Promise<string[]> {
    const days: string[] = [];
    for (const [day, touched] of await this.touchedDays(timeZone)) {
      if (dayStart(nextDay(day), timeZone) > this.now()) continue;
      await this.rollUp(day, timeZone, touched);
      days.push(day);
    }
    await this.forget(timeZone, retention);
    return days;
  }

  private async touchedDays(timeZone: string): Promise<Map<string, TouchedHour[]>> {
    const flat = await this.redis.zrange(TOUCHED, 0, -1, 'WITHSCORES');
    const days = new Map<string, TouchedHour[]>();
    for (let at = 0; at + 1 < flat.length; at += 2) {
      const [start = '', revision = ''] = flat.slice(at, at + 2);
      const day = dayOf(Number(start) * 1000, timeZone);
      days.set(day, [...(days.get(day) ?? []), { start, revision }]);
    }
    return days;
  }

  private async rollUp(day: string, timeZone: string, touched: readonly TouchedHour[]): Promise<void> {
    const from = dayStart(day, timeZone) / 1000;
    const until = dayStart(nextDay(day), timeZone) / 1000;
    const isClosed = (await this.redis.zscore(CLOSED, day)) !== null;
    const hours = isClosed
      ? touched.map(({ start }) => start)
      : await this.redis.zrangebyscore(HOURS, from, `(${until}`);
    const records = hours.map((start) => hourKey(Number(start)));
    const total = new Map<string, UsageSums>();
    for (const record of isClosed ? [dayKey(day), ...records] : records)
      for (const [group, packed] of Object.entries(await this.redis.hgetall(record))) {
        const sums = total.get(group);
        if (sums === undefined) total.set(group, unpackSums(packed));
        else addSums(sums, unpackSums(packed));
      }
    const draft = `${dayKey(day)}:${randomUUID()}`;
    const entries = [...total].map(([group, sums]) => [group, packSums(sums)]);
    for (let at = 0; at < entries.length; at += FIELDS_AT_ONCE) {
      await this.redis.hset(draft, ...entries.slice(at, at + FIELDS_AT_ONCE).flat());
      await this.redis.expire(draft, DRAFT_SECONDS);
    }
    if (isClosed) {
      const added = touched.flatMap(({ start, revision }) => [start, revision, hourKey(Number(start))]);
      await this.redis.eval(COMMIT_CLOSED, 4, draft, dayKey(day), TOUCHED, HOURS, ...added);
      return;
    }
    const seen = touched.flatMap(({ start, revision }) => [start, revision]);
    await this.redis.eval(COMMIT, 5, draft, dayKey(day), DAYS, TOUCHED, CLOSED, from, day, ...seen);
  }

  /** Hours go by whole days, and only those whose day holds them. */
  private async forget(timeZone: string, retention: Retention): Promise<void> {
    const now = this.now();
    const oldestHour = dayStart(dayOf(now - retention.hourDays * DAY_MS, timeZone), timeZone) / 1000;
    const old = await this.redis.zrangebyscore(HOURS, '-inf', `(${oldestHour}`);
    for (const [day, hours] of Map.groupBy(old, (start) => dayOf(Number(start) * 1000, timeZone))) {
      const start = dayStart(day, timeZone) / 1000;
      const records = hours.flatMap((hour) => [hour, hourKey(Number(hour))]);
      await this.redis.eval(CLOSE, 3, CLOSED, TOUCHED, HOURS, start, day, ...records);
    }
    const oldestDay = (now - retention.dayDays * DAY_MS) / 1000;
    for (const day of await this.redis.zrangebyscore(DAYS, '-inf', `(${oldestDay}`)) {
      await this.redis.unlink(dayKey(day));
      await this.redis.zrem(DAYS, day);
      await this.redis.zrem(CLOSED, day);
    }
    // exactly, though it costs more: about, Redis would keep the last hundred for ever
    await this.redis.xtrim(REQUESTS, 'MINID', now - retention.requestDays * DAY_MS);
  }
}
