import { LATENCY_BUCKETS, latencyBucket } from './latencies.js';
import { noSums, packSums, type UsageSums } from './sums.js';
import { TextBuffer } from './text-buffer.js';
import { hourStart } from './zone.js';

/** Tokens and cost of one upstream attempt, when it has ended. */
export interface AttemptEvent {
  readonly type: 'attempt';
  /** epoch ms */
  readonly at: number;
  /** packed, see `packGroup` */
  readonly group: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  readonly reasoningTokens: number;
  /** null where the price is not known */
  readonly costNanoUsd: number | null;
  readonly estimated: boolean;
}

/** One request, when it is over; its tokens were told by its attempts. */
export interface RequestEvent {
  readonly type: 'request';
  /** epoch ms */
  readonly at: number;
  readonly durationMs: number;
  readonly error: boolean;
  /** packed; null for what never had a target: such rows are logged, and belong to no model's usage */
  readonly group: string | null;
  /** packed, see `packFacts` */
  readonly row: string;
}

export type UsageEvent = AttemptEvent | RequestEvent;

interface Minute {
  readonly sums: UsageSums;
  readonly latencies: number[];
}

export interface BatchLimits {
  readonly groups: number;
  readonly rows: number;
}

/** Events added up, until they are written; bounded, and what does not fit is counted. */
export class UsageBatch {
  /** by hour, then by group */
  readonly hours = new Map<number, Map<string, UsageSums>>();
  /** by epoch minute */
  readonly minutes = new Map<number, Minute>();
  rowCount = 0;
  private groups = 0;

  constructor(
    private readonly timeZone: string,
    private readonly limits: BatchLimits,
    /** packed, see `packFacts` */
    readonly rows = new TextBuffer(),
  ) {}

  get isEmpty(): boolean {
    return this.hours.size === 0 && this.rowCount === 0;
  }

  /** @returns what found no room any more */
  add(event: UsageEvent): 'usage' | 'request_log' | undefined {
    return event.type === 'attempt' ? this.addAttempt(event) : this.addRequest(event);
  }

  private addAttempt(event: AttemptEvent): 'usage' | undefined {
    const sums = this.sumsOf(event.at, event.group);
    if (sums === undefined) return 'usage';
    book(sums, event);
    book(this.minuteOf(event.at).sums, event);
    return undefined;
  }

  private addRequest(event: RequestEvent): 'usage' | 'request_log' | undefined {
    const { at, durationMs, error, group, row } = event;
    const sums = group === null ? undefined : this.sumsOf(at, group);
    const minute = this.minuteOf(at);
    for (const each of [sums, minute.sums]) {
      if (each === undefined) continue;
      each.requests++;
      if (error) each.errors++;
    }
    const bucket = latencyBucket(durationMs);
    minute.latencies[bucket] = (minute.latencies[bucket] ?? 0) + 1;
    if (this.rowCount >= this.limits.rows) return 'request_log';
    this.rows.append(row);
    this.rowCount++;
    return group !== null && sums === undefined ? 'usage' : undefined;
  }

  private sumsOf(at: number, group: string): UsageSums | undefined {
    const start = hourStart(at, this.timeZone);
    let hour = this.hours.get(start);
    if (hour === undefined) this.hours.set(start, (hour = new Map()));
    let sums = hour.get(group);
    if (sums === undefined && this.groups < this.limits.groups) {
      this.groups++;
      hour.set(group, (sums = noSums()));
    }
    return sums;
  }

  private minuteOf(at: number): Minute {
    const minute = Math.floor(at / 60_000);
    let entry = this.minutes.get(minute);
    if (entry === undefined) {
      entry = { sums: noSums(), latencies: Array<number>(LATENCY_BUCKETS).fill(0) };
      this.minutes.set(minute, entry);
    }
    return entry;
  }

  /** As they are written. */
  get hourEntries(): Array<[start: number, group: string, sums: string]> {
    return [...this.hours].flatMap(([start, groups]) =>
      [...groups].map(([group, sums]): [number, string, string] => [start, group, packSums(sums)]),
    );
  }
}

function book(sums: UsageSums, event: AttemptEvent): void {
  sums.attempts++;
  sums.inputTokens += event.inputTokens;
  sums.outputTokens += event.outputTokens;
  sums.cacheReadTokens += event.cacheReadTokens;
  sums.cacheCreationTokens += event.cacheCreationTokens;
  sums.reasoningTokens += event.reasoningTokens;
  if (event.estimated) sums.estimatedAttempts++;
  if (event.costNanoUsd === null) sums.unpricedAttempts++;
  else {
    sums.costNanoUsd += event.costNanoUsd;
    if (event.estimated) sums.estimatedCostNanoUsd += event.costNanoUsd;
  }
}
