import { setTimeout as delay } from 'node:timers/promises';

/**
 * Runs `check` until it does not throw and does not answer false, and resolves to its answer. Rejects with the
 * last failure when `timeoutMs` passed.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  timeoutMs = 10_000,
  everyMs = 25,
): Promise<Exclude<T, false>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await check();
      if (answer !== false) return answer as Exclude<T, false>;
      failure = new Error('the condition stayed false');
    } catch (error) {
      failure = error;
    }
    if (Date.now() >= deadline) {
      throw new Error(
        `not within ${timeoutMs} ms: ${failure instanceof Error ? failure.message : String(failure)}`,
        {
          cause: failure,
        },
      );
    }
    await delay(everyMs);
  }
}
