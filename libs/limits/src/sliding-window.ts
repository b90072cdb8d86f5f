/** Few and exact to the millisecond, or many and by tenths of a second: no more than so many buckets. */
const EXACT_LIMIT = 1_000;
export const COARSE_MS = 100;

/** Of requests; tokens are always counted in coarse buckets. */
export function bucketMs(kind: 'requests' | 'tokens', limit: number): number {
  return kind === 'requests' && limit <= EXACT_LIMIT ? 1 : COARSE_MS;
}

/**
 * What was used within the last `spanMs`, by buckets of time: no span of that length, wherever it begins, holds more
 * than the limit. The same sums as `turn.lua` makes in Redis.
 */
export class SlidingWindow {
  private buckets: Array<{ readonly at: number; amount: number }> = [];
  private sum = 0;

  constructor(
    private readonly spanMs: number,
    private readonly widthMs: number,
  ) {}

  used(now: number): number {
    const past = now - this.spanMs - (this.widthMs - 1);
    let gone = 0;
    for (const { at, amount } of this.buckets) {
      if (at > past) break;
      this.sum -= amount;
      gone++;
    }
    if (gone > 0) this.buckets = this.buckets.slice(gone);
    return this.sum;
  }

  /** Milliseconds until there is room; 0 where there is. */
  waitFor(now: number, amount: number, limit: number): number {
    let over = this.used(now) + amount - limit;
    if (over <= 0) return 0;
    for (const bucket of this.buckets) {
      over -= bucket.amount;
      if (over <= 0) return bucket.at + this.spanMs + this.widthMs - 1 - now;
    }
    return this.spanMs;
  }

  add(now: number, amount: number): void {
    const at = Math.floor(now / this.widthMs) * this.widthMs;
    const last = this.buckets.at(-1);
    if (last?.at === at) last.amount += amount;
    else this.buckets.push({ at, amount });
    this.sum += amount;
  }
}
