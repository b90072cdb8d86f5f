import { expect, it } from 'vitest';
import { timeRange } from './time-range.js';

const BERLIN = 'Europe/Berlin';

it('is in days of the time zone, the last one included, or in times', () => {
  expect(timeRange({ from: '2026-03-28', to: '2026-03-29' }, BERLIN)).toEqual({
    from: Date.parse('2026-03-28T00:00:00+01:00'),
    to: Date.parse('2026-03-30T00:00:00+02:00'),
  });
  expect(timeRange({ from: '2026-03-28T10:00:00Z', to: '2026-03-28T12:00:00+02:00' }, BERLIN)).toEqual({
    from: Date.parse('2026-03-28T10:00:00Z'),
    to: Date.parse('2026-03-28T10:00:00Z'),
  });
  expect(timeRange({}, BERLIN)).toEqual({});
});

it('begins when Redis can say so, however early it is asked for', () => {
  expect(timeRange({ from: '1970-01-01', to: '1969-12-31T00:00:00Z' }, BERLIN)).toEqual({ from: 1, to: 1 });
});

it('refuses what is a date and no day', () => {
  for (const text of ['2026-W48', '2026-330'])
    expect(() => timeRange({ to: text }, BERLIN)).toThrow('to: must be a day or a time with its offset');
});
