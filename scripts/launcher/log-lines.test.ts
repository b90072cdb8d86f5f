import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { formatLogLine, onLines, wantsColor } from './log-lines.ts';

it('shows a pino entry as level, message and the fields that matter', () => {
  const line = '{"level":40,"time":1,"pid":2,"service":"auth","msg":"slow","ms":12,"why":"two words"}';
  expect(formatLogLine('auth', line, false)).toBe('auth    warn  slow ms=12 why="two words"');
});

it('leaves other text as it is, JSON of another kind too', () => {
  expect(formatLogLine('worker', 'Error: x', false)).toBe('worker  Error: x');
  expect(formatLogLine('worker', '{"a":1}', false)).toBe('worker  {"a":1}');
});

it('colours only a terminal without NO_COLOR', () => {
  expect(wantsColor({ isTTY: true }, {})).toBe(true);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor({}, {})).toBe(false);
});

it('gives whole lines however the chunks fall', async () => {
  const lines: string[] = [];
  const stream = Readable.from([Buffer.from('a\nb'), Buffer.from('c\n'), Buffer.from('d')]);
  onLines(stream, (line) => lines.push(line));
  await new Promise((resolve) => stream.once('close', resolve));
  expect(lines).toEqual(['a', 'bc', 'd']);
});
