import { setTimeout as delay } from 'node:timers/promises';
import { EXIT, Failure, interrupted } from '../failure.js';

/** Never resolves; throws at Ctrl-C, or when the wait is over for another reason and nobody listens any more. */
export function untilInterrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(interrupted());
    signal.addEventListener('abort', () => reject(interrupted()), { once: true });
  });
}

/** Throws when the authorization has run out, so that nobody waits for what cannot come. */
export async function expiry(
  { expiresAt }: { readonly expiresAt: string },
  now: number,
  signal: AbortSignal,
): Promise<never> {
  await delay(Math.max(0, Date.parse(expiresAt) - now), undefined, { signal }).catch(() => {
    throw interrupted();
  });
  throw new Failure('Nobody signed in before the link ran out.', {
    code: 'authorization_expired',
    exitCode: EXIT.refused,
    hint: 'muxgate login again to begin anew',
  });
}
