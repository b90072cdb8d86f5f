import type { Cluster, Redis } from 'ioredis';
import { CLOSED, dayKey, DAYS, hourKey, HOURS, TOUCHED } from './keys.js';
import { addSums, noSums, unpackGroup, unpackSums, type UsageSums } from './sums.js';
import { dayOf, dayStart, hourStart, nextDay } from './zone.js';

export const DIMENSIONS = ['key', 'team', 'model', 'provider', 'day'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface UsageQuery {
  /** epoch ms; cut to the hour, and to the day where only days are kept */
  readonly from: number;
  /** epoch ms, exclusive; the hour that it lies in counts whole */
  readonly to: number;
  readonly groupBy: readonly Dimension[];
  readonly timeZone: string;
  /** beyond so many groups there is no answer */
  readonly maxGroups: number;
}

export interface UsageAnswer {
  readonly items: ReadonlyArray<{
    readonly group: Partial<Record<Dimension, string>>;
    readonly sums: UsageSums;
  }>;
  readonly totals: UsageSums;
  /** as it was counted, epoch ms */
  readonly from: number;
  readonly to: number;
}

/** Epoch seconds of a part of the range, and the record that holds it. */
interface Part {
  readonly day: string;
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

const HOUR_S = 3_600;

/**
 * Adds usage up: of days where they are rolled up, of hours where they are not yet, or not wholly in the range; of both
 * where something came after the hours of a day were gone.
 */
export class UsageReader {
  constructor(private readonly redis: Redis | Cluster) {}

  /** Undefined where the answer would have more groups than are allowed. */
  async query(query: UsageQuery): Promise<UsageAnswer | undefined> {
    const groups = new Map<string, { group: Partial<Record<Dimension, string>>; sums: UsageSums }>();
    const totals = noSums();
    const parts = await this.partsOf(query);
    for (const { day, key } of parts) {
      for (const [packedGroup, packed] of Object.entries(await this.redis.hgetall(key))) {
        const sums = unpackSums(packed);
        addSums(totals, sums);
        const whole = { ...unpackGroup(packedGroup), day };
        const group = Object.fromEntries(query.groupBy.map((name) => [name, whole[name]]));
        const name = JSON.stringify(group);
        const known = groups.get(name);
        if (known !== undefined) addSums(known.sums, sums);
        else if (groups.size >= query.maxGroups) return undefined;
        else groups.set(name, { group, sums });
      }
    }
    const [from, to] = [hourStart(query.from, query.timeZone), hourCeiling(query)];
    return {
      items: [...groups.values()],
      totals,
      from: Math.min(from, parts[0]?.from ?? from) * 1000,
      to: Math.max(to, parts.at(-1)?.to ?? to) * 1000,
    };
  }

  private async partsOf({ from, to, timeZone }: UsageQuery): Promise<Part[]> {
    const [first, last] = [hourStart(from, timeZone), to / 1000];
    const [firstDay, lastDay] = [dayOf(from, timeZone), dayOf(to - 1, timeZone)];
    const [dayFrom, dayTo] = [dayStart(firstDay, timeZone), dayStart(nextDay(lastDay), timeZone)];
    // the touched first: an hour that is touched after this was read is a change after it, too
    const touched = new Set(await this.redis.zrange(TOUCHED, 0, -1));
    const rolledUp = new Set(await this.redis.zrangebyscore(DAYS, dayFrom / 1000, `(${dayTo / 1000}`));
    const closed = new Set(await this.redis.zrangebyscore(CLOSED, dayFrom / 1000, `(${dayTo / 1000}`));
    const kept = await this.redis.zrangebyscore(HOURS, dayFrom / 1000, `(${dayTo / 1000}`);
    const hours = Map.groupBy(kept, (start) => dayOf(Number(start) * 1000, timeZone));
    const parts: Part[] = [];
    for (let day = firstDay; day <= lastDay; day = nextDay(day)) {
      const [start, end] = [dayStart(day, timeZone) / 1000, dayStart(nextDay(day), timeZone) / 1000];
      const ofDay = hours.get(day) ?? [];
      const whole = first <= start && end <= last && !ofDay.some((hour) => touched.has(hour));
      const isHeld = rolledUp.has(day) && (whole || ofDay.length === 0);
      if (isHeld || closed.has(day)) parts.push({ day, key: dayKey(day), from: start, to: end });
      if (!isHeld)
        for (const hour of ofDay.map(Number))
          if (hour >= first && hour < last)
            parts.push({ day, key: hourKey(hour), from: hour, to: hour + HOUR_S });
    }
    return parts;
  }
}

function hourCeiling({ to, timeZone }: UsageQuery): number {
  const start = hourStart(to, timeZone);
  return start * 1000 === to ? start : start + HOUR_S;
}
