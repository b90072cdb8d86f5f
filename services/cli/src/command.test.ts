import { expect, it } from 'vitest';
import { count, pointInTime, span } from './command.ts';
import { limitsOf } from './commands/limits.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');

it.each([
  ['30m', 1_800],
  ['24h', 86_400],
  ['90d', 7_776_000],
  ['2w', 1_209_600],
])('%s is %i seconds', (text, seconds) => {
  expect(span(text)).toBe(seconds);
});

it.each(['', '90', 'd', '-1d', '1.5h', '1y'])('"%s" is no span', (text) => {
  expect(() => span(text)).toThrow('is not a span of time');
});

it.each([
  ['1d', 'ahead', '2026-11-26T12:00:00.000Z'],
  ['1d', 'ago', '2026-11-24T12:00:00.000Z'],
  ['2027-01-31', 'ahead', '2027-01-31T00:00:00.000Z'],
  ['2027-01-31T08:00:00+02:00', 'ago', '2027-01-31T06:00:00.000Z'],
] as const)('%s %s is %s', (text, direction, time) => {
  expect(pointInTime(text, NOW, direction)).toBe(time);
});

it.each(['tomorrow', '31.1.2027', '2027-13-01', '1'])('"%s" is no point in time', (text) => {
  expect(() => pointInTime(text, NOW, 'ahead')).toThrow('is no time');
});

it.each(['0', '-1', '1.5', 'many', ''])('"%s" is no count', (text) => {
  expect(() => count(text)).toThrow('not a whole number');
});

it('limits and a budget are named as the REST API names them; what is not given is absent', () => {
  expect(limitsOf({ rpm: 60, concurrent: 4, budget: '12.50/month' })).toEqual({
    limits: { requestsPerMinute: 60, concurrentRequests: 4 },
    budget: { usd: 12.5, period: 'month' },
  });
  expect(limitsOf({})).toEqual({});
});

it.each(['50', '50/year', '0/day', '-1/day', '1e3/day', 'free/day'])('"%s" is no budget', (budget) => {
  expect(() => limitsOf({ budget })).toThrow('is no budget');
});
