import { expect, it } from 'vitest';
import { painter, relativeTime } from './text.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');

it.each([
  [45_000, 'in 45 s'],
  [-90_000, '90 s ago'],
  [-180_000, '3 min ago'],
  [7_200_000, 'in 2 h'],
  [-86_400_000 * 30, '30 d ago'],
  [86_399_000, 'in 23 h'],
  [400, 'now'],
])('%i ms away is said as "%s"', (distance, said) => {
  expect(relativeTime(new Date(NOW + distance).toISOString(), NOW)).toBe(said);
});

it('what is no time is shown as it is', () => {
  expect(relativeTime('soon', NOW)).toBe('soon');
});

it.each([
  ['a terminal', { isTTY: true }, {}, true],
  ['a pipe', {}, {}, false],
  ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
  ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
  ['a pipe with FORCE_COLOR', {}, { FORCE_COLOR: '1' }, true],
])('colours with %s', (_what, stream, env, coloured) => {
  expect(painter(stream, env)('bad', 'text')).toBe(coloured ? '\u001b[31mtext\u001b[39m' : 'text');
});
