import { guardedSpawn, type GuardedChild } from './guarded-spawn.ts';
import { onLines } from './log-lines.ts';

export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

export interface Ending {
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessEvents {
  /** A line the process wrote, to stdout or stderr. */
  onLine: (line: string) => void;
  /** It ended without having been asked to, and starts again after `delayMs`. */
  onRestart: (ending: Ending, delayMs: number) => void;
  /** It was started again. */
  onStarted?: () => void;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** Having lived this long, a process counts as sound, and its next end as the first. */
const SOUND_AFTER_MS = 10_000;

/** How long to wait before the next start, given the wait before (0 at first) and how long the process then lived. */
export function restartDelay(previousMs: number, livedMs: number): number {
  if (previousMs === 0 || livedMs >= SOUND_AFTER_MS) return FIRST_DELAY_MS;
  return Math.min(previousMs * 2, LONGEST_DELAY_MS);
}

/** A process that is started again whenever it ends, until it is stopped. */
export class SupervisedProcess {
  readonly name: string;
  readonly #spec: ProcessSpec;
  readonly #events: ProcessEvents;
  #child: GuardedChild | undefined;
  #lastEnding: Ending | undefined;
  #delayMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #whenGone: (() => void) | undefined;

  constructor(spec: ProcessSpec, events: ProcessEvents) {
    this.name = spec.name;
    this.#spec = spec;
    this.#events = events;
  }

  /** Of the process that runs now, if one does. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** How it last ended by itself, if it did. */
  get lastEnding(): Ending | undefined {
    return this.#lastEnding;
  }

  start(): void {
    if (this.#stopping) return;
    const startedAt = Date.now();
    const { command, args, env, cwd } = this.#spec;
    const child = guardedSpawn(command, args, { env, ...(cwd === undefined ? {} : { cwd }) });
    this.#child = child;
    onLines(child.stdout, this.#events.onLine);
    onLines(child.stderr, this.#events.onLine);
    child.once('exit', (code, signal) => {
      this.#child = undefined;
      if (this.#stopping) this.#whenGone?.();
      else this.#restart({ code, signal }, Date.now() - startedAt);
    });
  }

  /** SIGTERM, and SIGKILL when it takes longer than `graceMs`. Resolves when the process is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child) return;
    const gone = new Promise<void>((resolve) => {
      this.#whenGone = resolve;
    });
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await gone;
    clearTimeout(deadline);
  }

  #restart(ending: Ending, livedMs: number): void {
    this.#lastEnding = ending;
    this.#delayMs = restartDelay(this.#delayMs, livedMs);
    this.#events.onRestart(ending, this.#delayMs);
    this.#timer = setTimeout(() => {
      this.start();
      this.#events.onStarted?.();
    }, this.#delayMs);
  }
}
