import type { Limit } from '@muxgate/limits';
import type { Envelope } from '../proxy/surface.js';

const FAMILIES = { anthropic: 'anthropic-ratelimit-', openai: 'x-ratelimit-' } as const;

/** Written out: names that are put together for each answer are names that Node looks at anew. */
const NAMES = {
  anthropic: {
    requests: {
      limit: 'anthropic-ratelimit-requests-limit',
      remaining: 'anthropic-ratelimit-requests-remaining',
      reset: 'anthropic-ratelimit-requests-reset',
    },
    tokens: {
      limit: 'anthropic-ratelimit-tokens-limit',
      remaining: 'anthropic-ratelimit-tokens-remaining',
      reset: 'anthropic-ratelimit-tokens-reset',
    },
  },
  openai: {
    requests: {
      limit: 'x-ratelimit-limit-requests',
      remaining: 'x-ratelimit-remaining-requests',
      reset: 'x-ratelimit-reset-requests',
    },
    tokens: {
      limit: 'x-ratelimit-limit-tokens',
      remaining: 'x-ratelimit-remaining-tokens',
      reset: 'x-ratelimit-reset-tokens',
    },
  },
} as const;

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
  pushHeaders(headers, 'requests', envelope, limits, used, now, resetMs);
  pushHeaders(headers, 'tokens', envelope, limits, used, now, resetMs);
  return headers;
}

function pushHeaders(
  headers: string[],
  kind: 'requests' | 'tokens',
  envelope: Envelope,
  limits: readonly Limit[],
  used: readonly number[],
  now: number,
  resetMs: number,
): void {
  let limit = 0;
  let remaining = Infinity;
  for (let index = 0; index < limits.length; index++) {
    const { kind: of, limit: most } = limits[index] as Limit;
    const left = Math.max(0, most - (used[index] ?? 0));
    if (of === kind && left < remaining) [limit, remaining] = [most, left];
  }
  if (remaining === Infinity) return;
  const names = NAMES[envelope][kind];
  const reset =
    envelope === 'anthropic' ? isoSecond(Math.ceil((now + resetMs) / 1000)) : `${Math.ceil(resetMs / 1000)}s`;
  headers.push(names.limit, String(limit), names.remaining, String(remaining), names.reset, reset);
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
  for (let i = 0; i < headers.length; i += 2) if (startsWith(headers[i] as string, family)) return true;
  return false;
}

/** Whatever its case; most names are told apart by their first letter. */
function startsWith(name: string, family: string): boolean {
  return (name.charCodeAt(0) | 0x20) === family.charCodeAt(0) && name.toLowerCase().startsWith(family);
}
