import type { BudgetPeriod } from '@muxgate/config';

export type CheckKind = 'requests' | 'tokens' | 'slots' | 'budget';
export type ScopeKind = 'key' | 'team' | 'model';

/** One limit that a request must fit into. */
export interface Check {
  readonly kind: CheckKind;
  readonly of: ScopeKind;
  /** names the counter, such as `tokens:key:key_…` */
  readonly scope: string;
  /** requests, tokens, requests at once, or nano-USD */
  readonly limit: number;
  /** what this request is thought to take of it */
  readonly amount: number;
  /** of a budget */
  readonly budget?: BudgetCheck;
}

export interface BudgetCheck {
  /** id of the key, name of the team */
  readonly subject: string;
  readonly period: BudgetPeriod;
  readonly periodStart: string;
  /** epoch milliseconds */
  readonly periodEnd: number;
  /** nano-USD */
  readonly warnAt: number;
}

export interface Granted {
  readonly granted: true;
  /** by the clock of who decided, epoch milliseconds */
  readonly at: number;
  /** of each check, this request included */
  readonly used: readonly number[];
}

export interface Refused {
  readonly granted: false;
  readonly at: number;
  /** the check that there is no room for; of several the one that lasts longest */
  readonly refusedBy: number;
  readonly retryAfterMs: number;
  readonly used: readonly number[];
}

export type Reservation = Granted | Refused;
