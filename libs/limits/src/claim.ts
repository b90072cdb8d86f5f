import type { Account } from './account.js';
import type { Limit } from './limit.js';

/** What a request takes of limits, until it is over; the lists run side by side. */
export class Claim {
  /** once the limits are asked */
  accounts: readonly Account[] = [];
  /** where amounts are booked: of windows */
  readonly buckets: number[];
  /** of each limit by all replicas, this request included, when it was granted */
  readonly used: number[];
  /** by this replica's own share: Redis knows of what is held, and of no more */
  isLocal = false;

  constructor(
    readonly limits: readonly Limit[],
    /** what the request is thought to take of each: requests, tokens, requests at once, nano-USD */
    readonly amounts: readonly number[],
  ) {
    // as long as they get: lists that grow take several times the memory
    this.buckets = limits.map(none);
    this.used = limits.map(none);
  }

  /** One of its limits out of the advance, where it fits. */
  take(index: number): void {
    const account = this.accounts[index] as Account;
    this.buckets[index] = account.take(this.amounts[index] as number);
    this.used[index] = account.used;
  }
}

function none(): number {
  return 0;
}
