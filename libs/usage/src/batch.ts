import { endOf, type AttemptEvent, type RequestEvent, type Subject, type UsageEvent } from './events.js';
import { LATENCY_BUCKETS, latencyBucket } from './latencies.js';
import { RecordBuffer } from './record-buffer.js';
import { REQUEST } from './record-layout.js';
import { noSums, packSums, type UsageSums } from './sums.js';
import { hourStart } from './zone.js';

const MINUTE_MS = 60_000;

interface Minute {
  readonly sums: UsageSums;
  readonly latencies: number[];
}

export interface BatchLimits {
  readonly groups: number;
  readonly rows: number;
}

/** What a moment is counted in. */
interface Span {
  readonly minute: number;
  readonly ofMinute: Minute;
  readonly ofHour: Map<string, UsageSums>;
}

/** Events added up, until they are written; bounded, and what does not fit is counted. */
export class UsageBatch {
  /** by hour, then by group */
  readonly hours = new Map<number, Map<string, UsageSums>>();
  /** by epoch minute */
  readonly minutes = new Map<number, Minute>();
  rowCount = 0;
  /** what the rows are about */
  readonly subjects = new Set<Subject>();
  private groups = 0;
  private span: Span | undefined;

  constructor(
    private readonly timeZone: string,
    private readonly limits: BatchLimits,
    /** of requests */
    readonly rows = new RecordBuffer(),
  ) {}

  get isEmpty(): boolean {
    return this.hours.size === 0 && this.rowCount === 0;
  }

  /**
   * @param at when it counts, epoch ms
   * @returns what found no room any more
   */
  add(event: UsageEvent, at = endOf(event)): 'usage' | 'request_log' | undefined {
    return event.type === 'attempt' ? this.addAttempt(event, at) : this.addRequest(event, at);
  }

  private addAttempt(event: AttemptEvent, at: number): 'usage' | undefined {
    const span = this.spanOf(at);
    const sums = this.sumsOf(span, event.subject.group);
    if (sums === undefined) return 'usage';
    book(sums, event);
    book(span.ofMinute.sums, event);
    return undefined;
  }

  private addRequest(event: RequestEvent, at: number): 'usage' | 'request_log' | undefined {
    const { durationMs, error, subject } = event;
    const span = this.spanOf(at);
    const sums = this.sumsOf(span, subject.group);
    if (sums !== undefined) count(sums, error);
    const { ofMinute } = span;
    count(ofMinute.sums, error);
    const bucket = latencyBucket(durationMs);
    ofMinute.latencies[bucket] = (ofMinute.latencies[bucket] ?? 0) + 1;
    if (this.rowCount >= this.limits.rows) return 'request_log';
    this.rows.request(REQUEST, event);
    this.rowCount++;
    this.subjects.add(subject);
    return subject.group !== null && sums === undefined ? 'usage' : undefined;
  }

  /** Nearly all events of a batch are of the minute of the one before: calendars are asked once for all of them. */
  private spanOf(at: number): Span {
    const minute = Math.floor(at / MINUTE_MS);
    if (this.span?.minute !== minute)
      this.span = { minute, ofMinute: this.minute(minute), ofHour: this.hour(at) };
    return this.span;
  }

  private minute(minute: number): Minute {
    let entry = this.minutes.get(minute);
    if (entry === undefined) {
      entry = { sums: noSums(), latencies: Array<number>(LATENCY_BUCKETS).fill(0) };
      this.minutes.set(minute, entry);
    }
    return entry;
  }

  private hour(at: number): Map<string, UsageSums> {
    const start = hourStart(at, this.timeZone);
    let hour = this.hours.get(start);
    if (hour === undefined) this.hours.set(start, (hour = new Map()));
    return hour;
  }

  private sumsOf({ ofHour }: Span, group: string | null): UsageSums | undefined {
    if (group === null) return undefined;
    let sums = ofHour.get(group);
    if (sums === undefined && this.groups < this.limits.groups) {
      this.groups++;
      ofHour.set(group, (sums = noSums()));
    }
    return sums;
  }

  /** As they are written. */
  get hourEntries(): Array<[start: number, group: string, sums: string]> {
    return [...this.hours].flatMap(([start, groups]) =>
      [...groups].map(([group, sums]): [number, string, string] => [start, group, packSums(sums)]),
    );
  }
}

function count(sums: UsageSums, error: boolean): void {
  sums.requests++;
  if (error) sums.errors++;
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
