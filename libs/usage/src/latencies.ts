/** Upper bounds in milliseconds, each half as much again: 1 ms to 18 minutes; beyond is the last bucket. */
const BOUNDS = Array.from({ length: 35 }, (_, step) => Math.round(1.5 ** step));
export const LATENCY_BUCKETS = BOUNDS.length + 1;

export function latencyBucket(ms: number): number {
  const found = BOUNDS.findIndex((bound) => ms <= bound);
  return found === -1 ? BOUNDS.length : found;
}

/** The latency that a share (0 to 1) of requests stayed below, in ms; undefined where there were none. */
export function percentile(buckets: readonly number[], share: number): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = share * total;
  for (const [index, count] of buckets.entries()) {
    if (count >= left && count > 0) {
      const low = BOUNDS[index - 1] ?? 0;
      const high = BOUNDS[index] ?? low;
      return Math.round(low + ((high - low) * left) / count);
    }
    left -= count;
  }
  return BOUNDS.at(-1);
}
