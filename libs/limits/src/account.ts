import type { Limit } from './limit.js';
import { bucketMs, COARSE_MS } from './sliding-window.js';

/** Requests within a tenth of a second below which asking for each costs little enough. */
const BUSY = 8;
/** What is taken in advance, to what was needed in the tenth of a second before. */
const HEADROOM = 1.5;
/** What was needed before says nothing any more. */
const STALE_MS = 2 * COARSE_MS;
/** Longer than a request can wait to be granted. */
const IDLE_MS = 60_000;

/** What a replica has to say of one limit, and what it would like to have of it in advance. */
export interface Statement {
  readonly limit: Limit;
  /** in flight: requests at once, or what they are thought to cost, nano-USD; as it is, not as it changes */
  readonly held: number;
  /** of a budget, since the statement before, nano-USD */
  readonly spent: number;
  /** an advance ends with it */
  readonly endsAdvance: boolean;
  readonly wanted: number;
  /** of what is booked in windows: bucket, difference, bucket, difference… */
  readonly corrections: readonly number[];
}

/** What Redis has answered to a statement. */
export interface Opening {
  readonly advance: number;
  /** the bucket in which it is booked, epoch ms by Redis's clock */
  readonly bucket: number;
  /** epoch ms by the clock that {@link Account.fits} is asked by */
  readonly endsAt: number;
  /** of all replicas, without the advance */
  readonly used: number;
}

/**
 * What one replica has taken of one limit. While it is busy it takes some in advance, which Redis books as used, and
 * gives it out without asking until the tenth of a second is over: all that is given out of an advance is in the bucket
 * in which the advance is booked. What was not needed goes back with the next statement.
 */
export class Account {
  /** in flight: requests at once, or what they are thought to cost, nano-USD */
  held = 0;
  /** what counts against the advance: of a window what was given out of it, else what is held and was spent since it began */
  private use = 0;
  private ceiling = 0;
  private endsAt = 0;
  private bucket = 0;
  private corrections: number[] = [];
  /** what Redis has booked for this replica of what is held, without the advance */
  private booked = 0;
  /** of the limit, by all replicas, when Redis last said so */
  usedByAll = 0;
  /** what was needed in the running interval, and in the one before it: to ask for as much in advance */
  private since: number;
  private needed = new Needed();
  private neededBefore = new Needed();
  private readonly isHeld: boolean;
  private widthMs = COARSE_MS;

  constructor(
    private current: Limit,
    now: number,
  ) {
    this.since = now;
    this.isHeld = current.kind === 'slots' || current.kind === 'budget';
    this.limit = current;
  }

  get limit(): Limit {
    return this.current;
  }

  /** Its number may change while requests are in flight. */
  set limit(limit: Limit) {
    this.current = limit;
    const { kind } = limit;
    if (kind === 'requests' || kind === 'tokens') this.widthMs = bucketMs(kind, limit.limit);
  }

  /** Whether the advance has room. `now` is of a clock that never goes back, ms. */
  fits(amount: number, now: number): boolean {
    return now < this.endsAt && this.use + amount <= this.ceiling;
  }

  /** Out of the advance, where it {@link fits}. Answers the bucket, which {@link settle} wants to know. */
  take(amount: number): number {
    const { needed } = this;
    needed.requests++;
    this.use += amount;
    if (this.isHeld) this.hold(amount);
    else needed.amount += amount;
    return this.bucket;
  }

  /** What Redis is asked for. */
  ask(amount: number, now: number): void {
    if (now - this.since >= STALE_MS) this.watch(now);
    this.needed.requests++;
    this.needed.amount += amount;
  }

  /** What Redis has granted, at a moment of its clock. Answers the bucket. */
  grant(amount: number, at: number): number {
    if (this.isHeld) {
      this.use += amount;
      this.booked += amount;
      this.hold(amount);
    }
    return Math.floor(at / this.widthMs) * this.widthMs;
  }

  /** While Redis is away: it learns of what is held when it is back. */
  grantLocally(amount: number): void {
    if (!this.isHeld) return;
    this.use += amount;
    this.hold(amount);
  }

  /** A request is over, and has used so much; 0 of all if it never was. */
  settle(amount: number, bucket: number, used: number): void {
    const { kind } = this.current;
    if (kind === 'slots') {
      this.held -= amount;
      this.use -= amount;
    } else if (kind === 'budget') {
      this.held -= amount;
      this.use += used - amount;
    } else this.correct(bucket, used - amount);
  }

  /** Of the limit, by all replicas, as far as is known. */
  get used(): number {
    return this.usedByAll + this.use - (this.isHeld ? this.booked : 0);
  }

  /** What happens is told when the advance ends. */
  get hasAdvance(): boolean {
    return this.endsAt > 0;
  }

  hasEnded(now: number): boolean {
    return this.hasAdvance && now >= this.endsAt;
  }

  /** Nothing is lost if it is forgotten: nothing is held or to be stated, and nothing was asked for lately. */
  isIdle(now: number): boolean {
    const isQuiet = now - this.since > IDLE_MS && !this.hasAdvance;
    return isQuiet && this.held === 0 && this.use === 0 && this.corrections.length === 0;
  }

  /** Ends the advance. */
  state(now: number): Statement {
    const endsAdvance = this.hasAdvance;
    this.endsAt = 0;
    if (endsAdvance && !this.isHeld) {
      this.correct(this.bucket, this.use - this.ceiling);
      this.use = 0;
    }
    const { current: limit, held, corrections } = this;
    const statement = {
      limit,
      held,
      spent: this.use - held,
      endsAdvance,
      wanted: this.wanted(now),
      corrections,
    };
    this.use = held;
    this.booked = held;
    this.corrections = [];
    if (now - this.since >= COARSE_MS) this.watch(now);
    return statement;
  }

  open({ advance, bucket, endsAt, used }: Opening): void {
    this.usedByAll = used;
    if (advance === 0) return;
    this.ceiling = this.booked + advance;
    this.bucket = bucket;
    this.endsAt = endsAt;
  }

  private hold(amount: number): void {
    this.held += amount;
    if (this.use > this.needed.peak) this.needed.peak = this.use;
  }

  private correct(bucket: number, by: number): void {
    if (by === 0) return;
    if (this.hasAdvance && bucket === this.bucket) {
      this.use += by;
      return;
    }
    const { corrections } = this;
    for (let i = corrections.length - 2; i >= 0; i -= 2) {
      if (corrections[i] !== bucket) continue;
      corrections[i + 1]! += by;
      return;
    }
    corrections.push(bucket, by);
  }

  /** Nothing of what counts by the millisecond: there is no tenth of a second that it could be booked in. */
  private wanted(now: number): number {
    const { needed, neededBefore, isHeld } = this;
    const requests = Math.max(needed.requests, neededBefore.requests);
    if (this.widthMs < COARSE_MS || requests < BUSY || now - this.since >= STALE_MS) return 0;
    const more = isHeld ? Math.max(needed.peak, neededBefore.peak) - this.held : 0;
    const amount = Math.max(needed.amount, neededBefore.amount) + more;
    // at least one: what is held and given back meanwhile goes through an advance, too
    return Math.max(1, Math.ceil(HEADROOM * amount));
  }

  private watch(now: number): void {
    [this.needed, this.neededBefore] = [this.neededBefore, this.needed];
    if (now - this.since >= STALE_MS) this.neededBefore.forget();
    this.needed.forget();
    this.needed.peak = this.use;
    this.since = now;
  }
}

/** Of a tenth of a second. */
class Needed {
  requests = 0;
  /** of a window; of what is held, what Redis was asked for beside the advance */
  amount = 0;
  /** of what is held */
  peak = 0;

  forget(): void {
    this.requests = 0;
    this.amount = 0;
    this.peak = 0;
  }
}
