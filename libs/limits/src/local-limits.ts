import type { Limit, Reservation } from './limit.js';
import { bucketMs, SlidingWindow } from './sliding-window.js';

const MAX_COUNTERS = 10_000;

/** What is known of a limit beside what was given out here. */
export interface KnownUse {
  /** requests at once that this replica holds */
  readonly held: number;
  /** of a budget when Redis was last heard of, nano-USD */
  readonly used: number;
}

/** What one replica may give out by itself while Redis is away: its share of each limit, counted in memory. */
export class LocalLimits {
  private readonly windows = new Map<string, SlidingWindow>();
  private readonly spent = new Map<string, number>();

  constructor(private readonly spanMs: number) {}

  /** The lists run side by side. */
  reserve(
    limits: readonly Limit[],
    amounts: readonly number[],
    known: readonly KnownUse[],
    replicas: number,
    now: number,
  ): Reservation {
    const used: number[] = [];
    let refusedBy = -1;
    let retryAfterMs = 0;
    for (const [index, limit] of limits.entries()) {
      const [use, wait] = this.look(limit, amounts[index] ?? 0, known[index] as KnownUse, replicas, now);
      used.push(use);
      if (wait > retryAfterMs) [refusedBy, retryAfterMs] = [index, wait];
    }
    if (refusedBy >= 0) return { granted: false, refusedBy, retryAfterMs, used };
    for (const [index, { kind, scope, limit }] of limits.entries()) {
      const amount = amounts[index] ?? 0;
      used[index]! += amount;
      if (kind === 'budget') this.spend(scope, amount);
      else if (kind !== 'slots') this.window(kind, scope, limit).add(now, amount);
    }
    return { granted: true, used };
  }

  /** Of a budget; what an estimate was too low, or too high, counts too. */
  spend(scope: string, nanoUsd: number): void {
    this.spent.set(scope, (this.spent.get(scope) ?? 0) + nanoUsd);
  }

  /** Redis is back: it counts from here on. */
  clear(): void {
    this.windows.clear();
    this.spent.clear();
  }

  private look(
    { kind, scope, limit, budget }: Limit,
    amount: number,
    known: KnownUse,
    replicas: number,
    now: number,
  ): [used: number, waitMs: number] {
    if (kind === 'budget') {
      const spent = this.spent.get(scope) ?? 0;
      const wait = Math.max(1, (budget?.periodEnd ?? now) - now);
      return [known.used + spent, spent >= (limit - known.used) / replicas ? wait : 0];
    }
    const share = Math.max(1, Math.floor(limit / replicas));
    if (kind === 'slots') return [known.held, known.held >= share ? 1_000 : 0];
    const window = this.window(kind, scope, limit);
    return [window.used(now), window.waitFor(now, Math.min(amount, share), share)];
  }

  private window(kind: 'requests' | 'tokens', scope: string, limit: number): SlidingWindow {
    let window = this.windows.get(scope);
    if (window === undefined) {
      const [oldest] = this.windows.keys();
      if (this.windows.size >= MAX_COUNTERS && oldest !== undefined) this.windows.delete(oldest);
      this.windows.set(scope, (window = new SlidingWindow(this.spanMs, bucketMs(kind, limit))));
    }
    return window;
  }
}
