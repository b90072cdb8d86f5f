import { AppError, InvalidInput, messageOf } from './errors.js';
import type { Logger } from './logger.js';

/** EX_CONFIG of sysexits.h: the configuration is at fault, a restart will not help. */
export const EX_CONFIG = 78;

export interface ShutdownStep {
  readonly name: string;
  readonly run: () => Promise<void> | void;
  /** A step that takes longer is left behind with a warning; default 10 s. */
  readonly timeoutMs?: number;
}

export interface RunningService {
  readonly logger: Logger;
  /** In the order in which they are to happen. */
  readonly stop: readonly ShutdownStep[];
}

/**
 * Runs a service's main function and owns its end: a configuration fault prints every problem and exits 78
 * before a port is open; any other fault at start is one sentence and exit 1; SIGTERM or SIGINT, or the end of
 * a supervising parent (IPC disconnect), runs the stop steps in order, once, and exits 0.
 */
export function runService(name: string, main: () => Promise<RunningService>): void {
  let signalled = false;
  let running: RunningService | undefined;
  const shutdown = (): void => {
    if (signalled) return;
    signalled = true;
    // nothing was promised to anyone yet, and what the start waits for may never come
    if (running === undefined) process.exit(0);
    void stopInOrder(running);
  };
  process.on('SIGTERM', shutdown);
  process.on('SIGINT', shutdown);
  process.on('disconnect', shutdown);
  main().then(
    (service) => {
      running = service;
      process.on('unhandledRejection', (reason) =>
        service.logger.error({ err: reason }, 'unhandled rejection'),
      );
    },
    (error: unknown) => {
      process.stderr.write(`${startFailure(name, error)}\n`);
      process.exit(error instanceof InvalidInput || isConfigurationFault(error) ? EX_CONFIG : 1);
    },
  );
}

/** Faults of the surroundings that a restart cannot mend, such as an unsuitable Redis, declare themselves by this code prefix. */
function isConfigurationFault(error: unknown): boolean {
  return error instanceof AppError && error.code.startsWith('config_');
}

function startFailure(name: string, error: unknown): string {
  if (error instanceof AppError) return `muxgate ${name}: ${error.message}`;
  return `muxgate ${name} could not start: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`;
}

async function stopInOrder({ logger, stop }: RunningService): Promise<void> {
  for (const step of stop) {
    logger.debug({ step: step.name }, 'stopping');
    try {
      await within(step.timeoutMs ?? 10_000, step.run);
    } catch (error) {
      logger.warn({ step: step.name, err: error }, 'a stop step failed');
    }
  }
  logger.info('stopped');
  process.exit(0);
}

async function within(timeoutMs: number, run: () => Promise<void> | void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}
