import type { BudgetPeriod } from '@muxgate/config';

export type LimitKind = 'requests' | 'tokens' | 'slots' | 'budget';
export type ScopeKind = 'key' | 'team' | 'model';

/** One limit of a client key, a team or a model. */
export interface Limit {
  readonly kind: LimitKind;
  readonly of: ScopeKind;
  /** names the counter, such as `tokens:key:key_…`; no two limits share one */
  readonly scope: string;
  /** requests, tokens, requests at once, or nano-USD */
  readonly limit: number;
  /** of a budget */
  readonly budget?: BudgetTerms;
}

export interface BudgetTerms {
  /** id of the key, name of the team */
  readonly subject: string;
  /** as people call it */
  readonly name: string;
  readonly period: BudgetPeriod;
  readonly periodStart: string;
  /** epoch milliseconds */
  readonly periodEnd: number;
  /** nano-USD */
  readonly warnAt: number;
}

export interface Granted {
  readonly granted: true;
  /** of each limit, this request included */
  readonly used: readonly number[];
}

export interface Refused {
  readonly granted: false;
  /** the limit that has no room; of several the one that lasts longest */
  readonly refusedBy: number;
  readonly retryAfterMs: number;
  readonly used: readonly number[];
}

export type Reservation = Granted | Refused;
