import type { Limit } from '@muxgate/limits';
import type { Envelope } from '../proxy/surface.js';

const FAMILIES = { anthropic: 'anthropic-ratelimit-', openai: 'x-ratelimit-' } as const;

/**
 * What is left of the limits per minute, as flat header pairs with the names that the surface's SDKs know; of several
 * limits of a kind the one that has least left.
 */
export function limitHeaders(
  envelope: Envelope,
  limits: readonly Limit[],
  used: readonly number[],
  now: number,
  resetMs: number,
): string[] {
  const headers: string[] = [];
  for (const kind of ['requests', 'tokens'] as const) {
    let limit = 0;
    let remaining = Infinity;
    for (let index = 0; index < limits.length; index++) {
      const { kind: of, limit: most } = limits[index] as Limit;
      const left = Math.max(0, most - (used[index] ?? 0));
      if (of === kind && left < remaining) [limit, remaining] = [most, left];
    }
    if (remaining === Infinity) continue;
    if (envelope === 'anthropic') {
      headers.push(`anthropic-ratelimit-${kind}-limit`, String(limit));
      headers.push(`anthropic-ratelimit-${kind}-remaining`, String(remaining));
      headers.push(`anthropic-ratelimit-${kind}-reset`, isoSecond(Math.ceil((now + resetMs) / 1000)));
    } else {
      headers.push(`x-ratelimit-limit-${kind}`, String(limit));
      headers.push(`x-ratelimit-remaining-${kind}`, String(remaining));
      headers.push(`x-ratelimit-reset-${kind}`, `${Math.ceil(resetMs / 1000)}s`);
    }
  }
  return headers;
}

let lastSecond = { epoch: 0, iso: '' };

/** RFC 3339 in whole seconds; most requests of one second say the same. */
function isoSecond(epoch: number): string {
  if (epoch !== lastSecond.epoch)
    lastSecond = { epoch, iso: new Date(epoch * 1000).toISOString().replace('.000', '') };
  return lastSecond.iso;
}

/** An upstream that tells of limits of its own is passed on unchanged: two of one name would say nothing. */
export function tellsLimits(envelope: Envelope, headers: readonly string[]): boolean {
  const family = FAMILIES[envelope];
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]?.toLowerCase().startsWith(family) === true) return true;
  return false;
}
