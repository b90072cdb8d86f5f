import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodAt } from './budget-period.js';

const at = (text: string): number => Date.parse(text);

describe('a budget’s period', () => {
  it.each([
    ['day', 'UTC', '2026-11-25T12:00:00Z', '2026-11-25', '2026-11-26T00:00:00Z'],
    ['week', 'UTC', '2026-11-25T12:00:00Z', '2026-11-23', '2026-11-30T00:00:00Z'],
    ['week', 'UTC', '2026-11-29T23:59:59Z', '2026-11-23', '2026-11-30T00:00:00Z'],
    ['month', 'UTC', '2026-12-31T23:59:59Z', '2026-12-01', '2027-01-01T00:00:00Z'],
    ['day', 'Europe/Berlin', '2026-11-25T23:30:00Z', '2026-11-26', '2026-11-26T23:00:00Z'],
    ['month', 'America/New_York', '2026-12-01T04:00:00Z', '2026-11-01', '2026-12-01T05:00:00Z'],
    // 25 hours, and 23
    ['day', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25', '2026-10-25T23:00:00Z'],
    ['day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29', '2026-03-29T22:00:00Z'],
    ['day', 'Asia/Kathmandu', '2026-11-25T18:15:00Z', '2026-11-26', '2026-11-26T18:15:00Z'],
  ] as const)('%s in %s at %s', (period, zone, now, start, end) => {
    expect(periodAt(period, zone, at(now))).toEqual({ start, end: at(end) });
  });

  it('ends after now, and the next one begins where it ends', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('day', 'week', 'month'),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Asia/Tehran'),
        fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2032-01-01T00:00:00Z') }),
        (period, zone, now) => {
          const { start, end } = periodAt(period, zone, now);
          expect(end).toBeGreaterThan(now);
          expect(periodAt(period, zone, end - 1).start).toBe(start);
          expect(periodAt(period, zone, end).start > start).toBe(true);
        },
      ),
    );
  });
});
