import type { BudgetPeriod } from '@muxgate/config';

/** The day of a moment in the zone, such as `2026-11-25`. */
function dayOf(at: number, timeZone: string): string {
  return new Date(at + offsetMs(at, timeZone)).toISOString().slice(0, 10);
}

/** Epoch milliseconds at which a day begins in the zone. */
function dayStart(day: string, timeZone: string): number {
  const asUtc = Date.parse(day);
  const start = asUtc - offsetMs(asUtc - offsetMs(asUtc, timeZone), timeZone);
  // where clocks go forward at midnight the day begins at one
  return dayOf(start, timeZone) === day ? start : start + 3_600_000;
}

/** Milliseconds by which clocks in a time zone are ahead of UTC at a moment. */
function offsetMs(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

export interface Period {
  /** the day on which it begins, such as `2026-11-01` */
  readonly start: string;
  /** epoch milliseconds at which the next one begins */
  readonly end: number;
}

const DAY_MS = 86_400_000;

/** The period that a moment is in: a day from midnight, a week from Monday, a month from the first, as clocks there show. */
export function periodAt(period: BudgetPeriod, timeZone: string, now: number): Period {
  const today = dayOf(now, timeZone);
  const start = firstDay(period, today);
  return { start, end: dayStart(followingDay(period, start), timeZone) };
}

function firstDay(period: BudgetPeriod, day: string): string {
  if (period === 'month') return `${day.slice(0, 8)}01`;
  if (period === 'day') return day;
  const sinceMonday = (new Date(day).getUTCDay() + 6) % 7;
  return laterBy(day, -sinceMonday);
}

function followingDay(period: BudgetPeriod, start: string): string {
  if (period !== 'month') return laterBy(start, period === 'week' ? 7 : 1);
  const date = new Date(start);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString().slice(0, 10);
}

function laterBy(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Names the counter of a budget's period. */
export function budgetScope(
  of: 'key' | 'team',
  subject: string,
  { start }: Period,
  period: BudgetPeriod,
): string {
  return `${of}:${subject}:${period}:${start}`;
}
