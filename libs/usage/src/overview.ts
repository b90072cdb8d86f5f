import type { Cluster, Redis } from 'ioredis';
import { minuteKey } from './keys.js';
import { LATENCY_BUCKETS, percentile } from './latencies.js';
import { addSums, noSums, unpackSums, type UsageSums } from './sums.js';

export interface OverviewPoint {
  /** epoch ms of its beginning */
  readonly at: number;
  readonly sums: UsageSums;
  /** of whole requests, ms; absent where there were none */
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
}

export interface Overview {
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
  readonly totals: OverviewPoint;
  readonly series: readonly OverviewPoint[];
}

const POINTS = 60;

/** What the gateways did of late, by the minute: kept for a day. */
export class OverviewReader {
  constructor(
    private readonly redis: Redis | Cluster,
    private readonly now: () => number = Date.now,
  ) {}

  async last(hours: number): Promise<Overview> {
    const until = Math.floor(this.now() / 60_000) + 1;
    const from = until - hours * 60;
    const minutes = Array.from({ length: hours * 60 }, (_, index) => from + index);
    const records = await Promise.all(minutes.map((minute) => this.redis.hgetall(minuteKey(minute))));
    const step = (hours * 60) / POINTS;
    const total = new Point();
    const points = Array.from({ length: POINTS }, () => new Point());
    for (const [index, record] of records.entries()) {
      total.add(record);
      points[Math.floor(index / step)]?.add(record);
    }
    return {
      from: from * 60_000,
      to: until * 60_000,
      stepSeconds: step * 60,
      totals: total.shown(from * 60_000),
      series: points.map((point, index) => point.shown((from + index * step) * 60_000)),
    };
  }
}

class Point {
  private readonly sums = noSums();
  private readonly latencies = Array<number>(LATENCY_BUCKETS).fill(0);

  add({ sums, latencies }: Record<string, string>): void {
    if (sums !== undefined) addSums(this.sums, unpackSums(sums));
    for (const [index, count] of (latencies ?? '').split(' ').entries())
      this.latencies[index] = (this.latencies[index] ?? 0) + Number(count);
  }

  shown(at: number): OverviewPoint {
    const percentiles = Object.entries({ p50Ms: 0.5, p95Ms: 0.95, p99Ms: 0.99 }).flatMap(([name, share]) => {
      const ms = percentile(this.latencies, share);
      return ms === undefined ? [] : [[name, ms] as const];
    });
    return { at, sums: this.sums, ...Object.fromEntries(percentiles) };
  }
}
