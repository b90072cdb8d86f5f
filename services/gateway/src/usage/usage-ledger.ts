import { messageOf, type Logger } from '@muxgate/runtime';
import {
  UsageBatch,
  type AttemptEvent,
  type RecordBuffer,
  type RequestEvent,
  type UsageEvent,
  type UsageWriter,
} from '@muxgate/usage';
import type { Spool } from './spool.js';

export interface LedgerSettings {
  readonly timeZone: string;
  readonly maxRows: number;
}

/** Sent at once, this many rows keep Redis busy for some milliseconds. */
const BATCH_LIMITS = { rows: 1_000, groups: 20_000 };
/** What waits for Redis: 50,000 rows, some 10 MB. */
const MAX_WAITING = 50;
const EVERY_MS = 250;

interface Waiting {
  readonly sequence: number;
  readonly batch: UsageBatch;
  readonly written: (() => void) | undefined;
}

/**
 * Brings what was used to Redis, off the hot path: added up in memory, sent in batches that are numbered so that none
 * counts twice, and spooled so that none is lost with the process. While Redis is away batches wait; of what is beyond
 * their bound, rows of the request log go first, and all that is dropped is counted.
 */
export class UsageLedger {
  private current: UsageBatch;
  private readonly waiting: Waiting[] = [];
  private sequence = 0;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private failing = false;
  private readonly open = new Map<number, { attempt: AttemptEvent; request: RequestEvent }>();
  /** of a batch that was written: to get memory costs more than to fill it */
  private spareRows: RecordBuffer | undefined;

  constructor(
    private readonly writer: UsageWriter,
    private readonly spool: Spool,
    private readonly settings: () => LedgerSettings,
    private readonly dropped: (kind: 'usage' | 'request_log') => void,
    /** what was counted since the last scrape */
    private readonly unseen: () => AttemptEvent[],
    private readonly logger: Logger,
  ) {
    this.current = this.newBatch();
  }

  start(): void {
    this.timer = setInterval(() => this.send(), EVERY_MS).unref();
  }

  /** Writes what is left; what Redis does not take within the time stays in the spool. */
  async stop(withinMs: number): Promise<void> {
    clearInterval(this.timer);
    const until = Date.now() + withinMs;
    do {
      this.send();
      await this.sending;
    } while ((!this.current.isEmpty || this.waiting.length > 0) && !this.failing && Date.now() < until);
    this.spool.close(this.current.isEmpty && this.waiting.length === 0);
  }

  /** Rows and sums that Redis does not have yet. */
  get waitingBatches(): number {
    return this.waiting.length;
  }

  attempt(event: AttemptEvent, closes: number | undefined): void {
    if (closes !== undefined) this.open.delete(closes);
    this.spool.attempt(event, closes);
    this.happened(event);
  }

  request(event: RequestEvent): void {
    this.spool.request(event);
    this.happened(event);
  }

  /** What an open attempt would be booked as, should this process end without another word. */
  checkpoint(open: number, attempt: AttemptEvent, request: RequestEvent): void {
    this.open.set(open, { attempt, request });
    this.spool.open(open, attempt, request);
  }

  scraped(): void {
    this.spool.scraped();
  }

  private happened(event: UsageEvent): void {
    const lost = this.current.add(event);
    if (lost !== undefined) this.dropped(lost);
    if (this.current.rowCount >= BATCH_LIMITS.rows && this.waiting.length < MAX_WAITING) this.cut();
  }

  private newBatch(): UsageBatch {
    const { spareRows } = this;
    this.spareRows = undefined;
    return new UsageBatch(this.settings().timeZone, BATCH_LIMITS, spareRows);
  }

  private cut(): void {
    const sequence = ++this.sequence;
    this.spool.batch(sequence);
    // before it is sent: an heir that finds the events without their number would send them under the next one
    this.spool.flush();
    const written = this.spool.isLarge ? this.spool.rotate() : undefined;
    if (written !== undefined) this.resume(sequence);
    this.waiting.push({ sequence, batch: this.current, written });
    this.current = this.newBatch();
  }

  /** A new file begins with all that the ones before it are needed for. */
  private resume(sequence: number): void {
    this.spool.batch(sequence);
    this.spool.unseen(this.unseen());
    for (const [open, { attempt, request }] of this.open) this.spool.open(open, attempt, request);
  }

  private send(): void {
    if (!this.current.isEmpty && this.waiting.length === 0) this.cut();
    if (this.waiting.length === 0 || this.sending !== undefined) return;
    this.sending = this.sendWaiting().finally(() => {
      this.sending = undefined;
    });
  }

  private async sendWaiting(): Promise<void> {
    try {
      for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
        await this.writer.add(this.spool.name, next.sequence, next.batch, this.settings().maxRows);
        this.waiting.shift();
        next.written?.();
        next.batch.rows.clear();
        this.spareRows = next.batch.rows;
      }
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.logger.warn({ reason: messageOf(error) }, 'usage waits for Redis');
      this.failing = true;
    }
  }
}
