import type { Check, LocalLimits, Reservation } from '@muxgate/limits';
import type { PriceBook } from '@muxgate/pricing';
import type { Exchange } from '../proxy/exchange.js';
import type { BudgetNotices } from './budget-notices.js';
import { LimitExceeded } from './limit-exceeded.js';
import { limitHeaders } from './limit-headers.js';
import type { LimitsMetrics } from './limits.metrics.js';
import { checksOf } from './request-checks.js';
import type { SharedLimits } from './shared-limits.js';

const MAX_KNOWN = 10_000;

/** What a request has taken of limits, until it is over. */
export interface Hold {
  readonly checks: readonly Check[];
  readonly lease: string | undefined;
  /** by this replica's own share: Redis does not know of it */
  readonly local: boolean;
}

/**
 * Limits and budgets of a request's key, team and model. A request without any goes on in the same tick; the others
 * ask Redis once, for all of them together, and settle once, when it is known what they have used.
 */
export class Limits {
  private lastLease = 0;
  /** requests that hold a slot, by scope */
  private readonly held = new Map<string, number>();
  /** of budgets when Redis was last heard of */
  private readonly known = new Map<string, number>();

  constructor(
    private readonly shared: SharedLimits,
    private readonly local: LocalLimits,
    private readonly prices: PriceBook,
    private readonly notices: BudgetNotices,
    private readonly metrics: LimitsMetrics,
    private readonly spanMs: number,
    private readonly now: () => number = Date.now,
  ) {
    shared.onReturn(() => local.clear());
  }

  async start(): Promise<void> {
    await this.shared.start();
  }

  async stop(): Promise<void> {
    await this.shared.stop();
  }

  /** Nothing where nothing is limited. Rejects with LimitExceeded. */
  admit(exchange: Exchange, maxTokens: number | undefined): Promise<void> | undefined {
    const checks = checksOf(exchange, maxTokens, this.prices, this.now());
    if (checks.length === 0) return undefined;
    const lease = checks.some(({ kind }) => kind !== 'requests') ? String(++this.lastLease) : undefined;
    return this.shared
      .reserve({ checks, lease })
      .then((reservation) =>
        this.decide(exchange, { checks, lease, local: reservation === undefined }, reservation),
      );
  }

  /** Once, when the exchange is over: what was reserved becomes what was used. */
  settle(exchange: Exchange): void {
    const { hold } = exchange;
    exchange.hold = undefined;
    if (hold === undefined) return;
    this.letGo(hold);
    const { tokens, costNanoUsd } = usedBy(exchange);
    if (!hold.local) {
      if (hold.lease !== undefined)
        this.shared.settle({ lease: hold.lease, tokens, costNanoUsd, checks: hold.checks }, this.passed);
      return;
    }
    for (const check of hold.checks) {
      if (check.kind !== 'budget') continue;
      this.local.spend(check.scope, costNanoUsd - check.amount);
      this.shared.spend(check, costNanoUsd, this.passed);
    }
  }

  private decide(exchange: Exchange, hold: Hold, shared: Reservation | undefined): void {
    const { checks } = hold;
    if (shared !== undefined) this.learn(checks, shared);
    const reservation = shared ?? this.reserveLocally(checks);
    if (!reservation.granted) throw this.refusal(exchange, checks, reservation);
    for (const { kind, scope } of checks)
      if (kind === 'slots') this.held.set(scope, (this.held.get(scope) ?? 0) + 1);
    exchange.hold = hold;
    // the client has left while we asked
    if (exchange.closed) return this.settle(exchange);
    const { envelope } = exchange.surface;
    exchange.limitHeaders = limitHeaders(envelope, checks, reservation.used, this.now(), this.spanMs);
  }

  private reserveLocally(checks: readonly Check[]): Reservation {
    return this.local.reserve(
      checks,
      this.shared.replicas,
      this.now(),
      (scope) => this.held.get(scope) ?? 0,
      (scope) => this.known.get(scope) ?? 0,
    );
  }

  private refusal(
    exchange: Exchange,
    checks: readonly Check[],
    { refusedBy, retryAfterMs, used }: Extract<Reservation, { granted: false }>,
  ): LimitExceeded {
    const check = checks[refusedBy] as Check;
    this.metrics.refused.inc({ scope: check.of });
    if (check.kind === 'budget') {
      this.metrics.exhausted.inc({ scope: check.of });
      this.notices.exhausted(check);
    }
    const reset = check.kind === 'budget' ? this.spanMs : retryAfterMs;
    const headers = limitHeaders(exchange.surface.envelope, checks, used, this.now(), reset);
    return new LimitExceeded(check, retryAfterMs, headers);
  }

  private learn(checks: readonly Check[], { used }: Reservation): void {
    for (let index = 0; index < checks.length; index++) {
      const { kind, scope } = checks[index] as Check;
      if (kind !== 'budget') continue;
      if (this.known.size >= MAX_KNOWN) this.known.clear();
      this.known.set(scope, used[index] ?? 0);
    }
  }

  private letGo({ checks }: Hold): void {
    for (const { kind, scope } of checks) {
      if (kind !== 'slots') continue;
      const left = (this.held.get(scope) ?? 0) - 1;
      if (left > 0) this.held.set(scope, left);
      else this.held.delete(scope);
    }
  }

  private readonly passed = (check: Check): void => {
    this.metrics.thresholds.inc({ scope: check.of });
    this.notices.passed(check);
  };
}

/** What the exchange has used, over all attempts that were billed: all tokens, cached ones too, and what they cost. */
function usedBy({ bill }: Exchange): { tokens: number; costNanoUsd: number } {
  if (bill === undefined) return { tokens: 0, costNanoUsd: 0 };
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens, costNanoUsd } = bill;
  const tokens = inputTokens + outputTokens + cacheReadTokens + cacheCreationTokens;
  return { tokens, costNanoUsd: costNanoUsd ?? 0 };
}
