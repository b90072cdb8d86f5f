import type { BudgetPeriod } from '@muxgate/config';
import { dayOf, dayStart } from '@muxgate/usage';

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
