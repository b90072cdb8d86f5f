import { stripVTControlCharacters, styleText } from 'node:util';

export type Tone = 'good' | 'warn' | 'bad' | 'dim' | 'strong' | 'link';

const FORMATS: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  good: 'green',
  warn: 'yellow',
  bad: 'red',
  dim: 'dim',
  strong: 'bold',
  link: ['cyan', 'underline'],
};

/** Paints, or leaves text as it is. */
export type Paint = (tone: Tone, text: string) => string;

/** Colours only where they are seen and wanted: https://no-color.org, and FORCE_COLOR for those who pipe to a pager. */
export function painter(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const wanted = forced || (stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
  return (tone, text) => (wanted ? styleText(FORMATS[tone], text, { validateStream: false }) : text);
}

/** Text of a server on one line, without anything that could steer a terminal. Nothing where there is none. */
export function plain(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return stripVTControlCharacters(text)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** `in 45 s`, `3 min ago`: the largest unit that holds it twice, so never off by more than a third. */
export function relativeTime(iso: string, now: number): string {
  const distance = Date.parse(iso) - now;
  if (Number.isNaN(distance)) return plain(iso);
  const size = Math.abs(distance);
  const [unit, length] = UNITS.find(([, ms]) => size >= 2 * ms) ?? ['s', 1_000];
  const count = Math.floor(size / length);
  if (count === 0) return 'now';
  return distance > 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}
