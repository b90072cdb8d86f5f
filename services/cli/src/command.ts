import type { Command } from 'commander';
import { AdminApi } from './api.js';
import { usageFailure } from './failure.js';
import type { Io } from './io.js';
import { Output } from './output/output.js';
import { resolveSettings, type GlobalOptions, type Settings } from './settings.js';

/** What an action works with. */
export interface Invocation {
  readonly io: Io;
  readonly out: Output;
  readonly options: GlobalOptions;
  readonly api: AdminApi;
  /** read when first asked for, once */
  readonly settings: () => Promise<Settings>;
  /** ends well, but with another code than 0 */
  readonly exitWith: (code: number) => void;
}

/** Where the exit code of a command that ends well is kept. */
export interface RunState {
  exitCode: number;
}

export interface CommandParts {
  readonly io: Io;
  readonly state: RunState;
}

type Options = Readonly<Record<string, unknown>>;

/**
 * Gives a command its action: called with the invocation, its own options and its arguments. (commander hands over
 * the arguments first, and how many depends on the command.)
 */
export function action<O extends object = Options>(
  { io, state }: CommandParts,
  run: (invocation: Invocation, options: O, ...args: string[]) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<GlobalOptions>();
    let found: Promise<Settings> | undefined;
    const settings = () => (found ??= resolveSettings(io, options));
    const invocation: Invocation = {
      io,
      out: new Output(io, options.json === true),
      options,
      settings,
      api: new AdminApi(io, settings),
      exitWith: (code) => (state.exitCode = code),
    };
    await run(invocation, options as O, ...(command.processedArgs as string[]));
  };
}

/** Lines below the help: what people copy. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** For options that take a whole number of at least 1. */
export function count(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw usageFailure(`"${value}" is not a whole number of at least 1.`);
}

const SPAN = /^(\d{1,6})(s|m|h|d|w)$/;
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const;

/** `90d` → seconds. */
export function span(value: string): number {
  const match = SPAN.exec(value);
  if (match?.[1] && match[2]) return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
  throw usageFailure(`"${value}" is not a span of time.`, 'write it like 30m, 24h, 90d or 12w');
}

/** `90d` from now, or a point in time as ISO 8601 → ISO 8601. */
export function pointInTime(value: string, now: number, direction: 'ahead' | 'ago'): string {
  if (SPAN.test(value)) {
    const distance = span(value) * 1_000;
    return new Date(now + (direction === 'ahead' ? distance : -distance)).toISOString();
  }
  const time = Date.parse(value);
  if (/^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(time)) return new Date(time).toISOString();
  throw usageFailure(`"${value}" is no time.`, 'write a span like 90d, or a date like 2027-01-31');
}

/** The JSON of a file or of stdin. */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageFailure(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
