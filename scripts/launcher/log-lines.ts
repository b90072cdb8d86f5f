import type { Readable } from 'node:stream';

const LEVELS: Readonly<Record<number, { name: string; color: string }>> = {
  10: { name: 'trace', color: '90' },
  20: { name: 'debug', color: '90' },
  30: { name: 'info', color: '32' },
  40: { name: 'warn', color: '33' },
  50: { name: 'error', color: '31' },
  60: { name: 'fatal', color: '35' },
};
/** pino's own fields, which a person at a terminal does not need on each line. */
const ROUTINE = new Set(['level', 'time', 'pid', 'hostname', 'service', 'name', 'msg', 'v', 'version']);

/** One line of a service for a person: `gateway warn  message field=value`. Text that is not pino's JSON stays as it is. */
export function formatLogLine(service: string, line: string, color: boolean): string {
  const prefix = paint(service.padEnd(7), '36', color);
  const entry = parse(line);
  if (!entry) return `${prefix} ${line}`;
  const level = LEVELS[Number(entry['level'])] ?? { name: 'log', color: '0' };
  const message = typeof entry['msg'] === 'string' ? entry['msg'] : '';
  const fields = Object.entries(entry)
    .filter(([name]) => !ROUTINE.has(name))
    .map(([name, value]) => `${name}=${formatValue(value)}`);
  return [prefix, paint(level.name.padEnd(5), level.color, color), message, ...fields].join(' ').trimEnd();
}

/** Calls back for each line of text, the last one too when it has no line end. */
export function onLines(stream: Readable, callback: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) callback(line);
  });
  stream.on('end', () => {
    if (rest !== '') callback(rest);
  });
}

/** Colour only for a terminal whose user did not say NO_COLOR (https://no-color.org). */
export function wantsColor(
  stream: { isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !env['NO_COLOR'];
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    return 'level' in entry ? entry : undefined;
  } catch {
    return undefined;
  }
}

function formatValue(value: unknown): string {
  return typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value);
}

function paint(text: string, color: string, on: boolean): string {
  return on ? `\u001b[${color}m${text}\u001b[0m` : text;
}
