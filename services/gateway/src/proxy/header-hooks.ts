import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { PluginHooks } from '@muxgate/config';
import type { HeaderView, HookAnswer, HookRequest } from '@muxgate/plugins';
import { messageOf, type Logger } from '@muxgate/runtime';
import { Counter, type Registry } from 'prom-client';
import { isRequestDenied, isResponseDenied } from './headers.js';

/** Describe the body, which hooks do not see. */
const OF_THE_BODY = new Set(['content-type', 'content-encoding', 'content-length']);
/** A request that was signed shows its signature, and a session's token, in these. */
const SIGNED = 'x-amz-';
const MAX_CHANGES = 64;
const MAX_VALUE_CHARS = 8_192;
/** Every request waits for a hook, and nothing can stop one. */
const SLOW_MS = 50;

type Changes = ReadonlyMap<string, string | null>;
type HookName = 'requestHeaders' | 'responseHeaders';
type Reason = 'threw' | 'refused' | 'slow';

interface Hook<Context> {
  readonly plugin: string;
  readonly name: HookName;
  readonly run: (headers: HeaderView, context: Context) => unknown;
}

/** Absent where no plugin has such a hook. */
export interface HeaderHooks {
  readonly request?: HookRunner<HookRequest>;
  readonly response?: HookRunner<HookAnswer>;
}

export function headerHooks(
  plugins: readonly PluginHooks[],
  registry: Registry,
  logger: Logger,
): HeaderHooks {
  const requests = plugins.flatMap(({ name: plugin, requestHeaders: run }) =>
    run === undefined ? [] : [{ plugin, name: 'requestHeaders' as const, run }],
  );
  const responses = plugins.flatMap(({ name: plugin, responseHeaders: run }) =>
    run === undefined ? [] : [{ plugin, name: 'responseHeaders' as const, run }],
  );
  if (requests.length + responses.length === 0) return {};
  const failures = new HookFailures(registry, logger);
  return {
    ...(requests.length > 0 && {
      request: new HookRunner(requests, (key) => isRequestDenied(key) || key.startsWith(SIGNED), failures),
    }),
    ...(responses.length > 0 && { response: new HookRunner(responses, isResponseDenied, failures) }),
  };
}

/**
 * Runs the hooks of one direction, in the order of the plugins. A hook that throws, or wants what it may not have, is
 * counted and changes nothing; the request goes on.
 */
export class HookRunner<Context> {
  constructor(
    private readonly hooks: readonly Hook<Context>[],
    private readonly hidden: (key: string) => boolean,
    private readonly failures: HookFailures,
  ) {}

  /** Flat name-value pairs with the changes of all hooks; each sees what those before it changed. */
  apply(pairs: string[], context: Context): string[] {
    let changed = pairs;
    for (const hook of this.hooks) {
      const changes = this.changesOf(hook, viewOf(changed, this.hidden), context);
      if (changes !== undefined) changed = withChanges(changed, changes);
    }
    return changed;
  }

  private changesOf(hook: Hook<Context>, headers: HeaderView, context: Context): Changes | undefined {
    const startedAt = performance.now();
    let answer: unknown;
    try {
      answer = hook.run(headers, context);
    } catch (error) {
      this.failures.report(hook, 'threw', messageOf(error));
      return undefined;
    }
    const took = performance.now() - startedAt;
    if (took > SLOW_MS) this.failures.report(hook, 'slow', `it took ${Math.round(took)} ms`);
    try {
      return readChanges(answer, this.hidden);
    } catch (error) {
      this.failures.report(hook, 'refused', messageOf(error));
      return undefined;
    }
  }
}

/** What went wrong with the hooks of all plugins. */
export class HookFailures {
  private readonly count: Counter<'plugin' | 'hook' | 'reason'>;
  private readonly logged = new Set<string>();

  constructor(
    registry: Registry,
    private readonly logger: Logger,
  ) {
    this.count = new Counter({
      name: 'muxgate_plugin_errors_total',
      help: 'Calls of a hook that threw, asked for what it may not have (refused), or took too long (slow).',
      labelNames: ['plugin', 'hook', 'reason'],
      registers: [registry],
    });
  }

  /** Counted each time, logged the first time: a broken hook fails with every request. */
  report({ plugin, name }: { plugin: string; name: HookName }, reason: Reason, says: string): void {
    this.count.inc({ plugin, hook: name, reason });
    const key = `${plugin} ${name} ${reason}`;
    if (this.logged.has(key)) return;
    this.logged.add(key);
    this.logger.error(
      { plugin, hook: name, reason, says },
      'a hook of a plugin failed; requests go on without it, and this is logged once',
    );
  }
}

function viewOf(pairs: readonly string[], hidden: (key: string) => boolean): HeaderView {
  const view: Record<string, string> = {};
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const key = (pairs[i] as string).toLowerCase();
    const value = pairs[i + 1] as string;
    if (!hidden(key)) view[key] = Object.hasOwn(view, key) ? `${view[key]}, ${value}` : value;
  }
  return Object.freeze(view);
}

function withChanges(pairs: readonly string[], changes: Changes): string[] {
  const out: string[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2)
    if (!changes.has((pairs[i] as string).toLowerCase()))
      out.push(pairs[i] as string, pairs[i + 1] as string);
  for (const [name, value] of changes) if (value !== null) out.push(name, value);
  return out;
}

/** All of it or nothing. @throws what is wrong with it, without values */
function readChanges(answer: unknown, hidden: (key: string) => boolean): Changes | undefined {
  if (answer === undefined || answer === null) return undefined;
  if (answer instanceof Promise) {
    answer.catch(() => undefined);
    throw new TypeError('it answered a promise: hooks are synchronous');
  }
  if (typeof answer !== 'object' || Array.isArray(answer))
    throw new TypeError('it answered no map of headers');
  const entries = Object.entries(answer);
  if (entries.length > MAX_CHANGES) throw new RangeError(`it changes more than ${MAX_CHANGES} headers`);
  return new Map(entries.map(([name, value]) => [changeable(name, hidden), valueOf(name, value)]));
}

function changeable(name: string, hidden: (key: string) => boolean): string {
  validateHeaderName(name);
  const key = name.toLowerCase();
  if (hidden(key) || OF_THE_BODY.has(key)) throw new RangeError(`"${name}" is not a header for plugins`);
  return key;
}

function valueOf(name: string, value: unknown): string | null {
  if (value === null) return value;
  if (typeof value !== 'string') throw new TypeError(`the value of "${name}" is neither text nor null`);
  if (value.length > MAX_VALUE_CHARS) throw new RangeError(`the value of "${name}" is too long`);
  validateHeaderValue(name, value);
  return value;
}
