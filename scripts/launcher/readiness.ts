import { setTimeout as delay } from 'node:timers/promises';

/** Polls a readiness URL until it answers 200. False when `timeoutMs` passed or `signal` aborted first. */
export async function isReadyWithin(url: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline && !signal?.aborted) {
    if (await answersOk(url)) return true;
    await delay(50);
  }
  return false;
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
