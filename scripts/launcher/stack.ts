import { join } from 'node:path';
import { formatLogLine } from './log-lines.ts';
import { SupervisedProcess, type Ending, type ProcessSpec } from './processes.ts';
import { isReadyWithin } from './readiness.ts';
import { nodeFlags } from './node-flags.ts';
import type { Output } from './output.ts';

const STOP_GRACE_MS = 30_000;
/** A process that never became ready has nothing to finish. */
const STOP_GRACE_UNREADY_MS = 5_000;

interface Member {
  readonly process: SupervisedProcess;
  readonly readyUrl: string | undefined;
  ready: boolean;
}

/** The processes of one `npm start`, in the order they were added. */
export class Stack {
  readonly #members: Member[] = [];
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Starts a process and keeps it alive. `onReadyAgain` runs when it is ready after a restart. */
  add(spec: ProcessSpec, readyUrl?: string, onReadyAgain?: () => Promise<void>): SupervisedProcess {
    const { name } = spec;
    const supervised = new SupervisedProcess(spec, {
      onLine: (line) => this.#output.log(formatLogLine(name, line, this.#output.color)),
      onRestart: (ending, delayMs) => {
        this.#output.say(`${name} ended (${describe(ending)}); starting it again in ${delayMs / 1_000} s`);
      },
      onStarted: () => {
        if (readyUrl) void this.#watchReturn(name, supervised, readyUrl, onReadyAgain);
      },
    });
    this.#members.push({ process: supervised, readyUrl, ready: false });
    supervised.start();
    return supervised;
  }

  /**
   * Waits until every process answers on its readiness URL.
   *
   * @returns undefined, or why not: a process ended with exit code 78 (its configuration), or time is up
   */
  async whenReady(timeoutMs: number, signal: AbortSignal): Promise<NotReady | undefined> {
    const misconfigured = new AbortController();
    const watch = setInterval(() => {
      if (this.#members.some((member) => member.process.lastEnding?.code === 78)) misconfigured.abort();
    }, 50);
    const either = AbortSignal.any([signal, misconfigured.signal]);
    const late = await Promise.all(
      this.#members.map(async (member) => {
        member.ready = !member.readyUrl || (await isReadyWithin(member.readyUrl, timeoutMs, either));
        return member.ready ? [] : [member.process.name];
      }),
    );
    clearInterval(watch);
    if (misconfigured.signal.aborted) return { reason: 'configuration' };
    const names = late.flat();
    return names.length > 0 ? { reason: 'late', names } : undefined;
  }

  /** Stops one after the other in the order of the names. */
  async stop(order: readonly string[]): Promise<void> {
    const rank = ({ process: { name } }: Member) => order.indexOf(name);
    for (const member of this.#members.toSorted((a, b) => rank(a) - rank(b))) {
      await member.process.stop(member.ready ? STOP_GRACE_MS : STOP_GRACE_UNREADY_MS);
    }
  }

  async #watchReturn(
    name: string,
    supervised: SupervisedProcess,
    readyUrl: string,
    onReadyAgain?: () => Promise<void>,
  ): Promise<void> {
    const { pid } = supervised;
    if (!(await isReadyWithin(readyUrl, 60_000)) || supervised.pid !== pid) return;
    this.#output.say(`${name} is ready again`);
    await onReadyAgain?.();
  }
}

export type NotReady = { reason: 'configuration' } | { reason: 'late'; names: readonly string[] };

/** How to run a service from the build. */
export function serviceSpec(root: string, name: string, env: NodeJS.ProcessEnv): ProcessSpec {
  return {
    name,
    command: join(root, 'node_modules/.bin/node'),
    args: [...nodeFlags(name), join(root, `dist/services/${name}/src/main.js`)],
    env,
    cwd: root,
  };
}

function describe({ code, signal }: Ending): string {
  return signal ? `signal ${signal}` : `exit code ${code ?? 'unknown'}`;
}
