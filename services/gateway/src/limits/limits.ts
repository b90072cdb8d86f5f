import { Claim, type Limit, type LocalLimits, type Refused, type Reservation } from '@muxgate/limits';
import type { PriceBook } from '@muxgate/pricing';
import type { Exchange } from '../proxy/exchange.js';
import type { BudgetNotices } from './budget-notices.js';
import { claimOf } from './claim-of.js';
import { LimitExceeded } from './limit-exceeded.js';
import { limitHeaders } from './limit-headers.js';
import type { LimitsMetrics } from './limits.metrics.js';
import type { SharedLimits } from './shared-limits.js';

/**
 * Limits and budgets of a request's key, team and model. A request without any goes on in the same tick, and so does one
 * that has room in what this replica has in advance; the others ask Redis once, for all of them together. Each settles
 * once, when it is known what it has used.
 */
export class Limits {
  constructor(
    private readonly shared: SharedLimits,
    private readonly local: LocalLimits,
    private readonly prices: PriceBook,
    private readonly notices: BudgetNotices,
    private readonly metrics: LimitsMetrics,
    private readonly spanMs: number,
    private readonly now: () => number = Date.now,
  ) {
    shared.listen({ returned: () => local.clear(), passed: (limit) => this.passed(limit) });
  }

  async start(): Promise<void> {
    await this.shared.start();
  }

  async stop(): Promise<void> {
    await this.shared.stop();
  }

  /**
   * Nothing where nothing is limited, or where there is room in advance.
   *
   * @throws LimitExceeded; or rejects with it
   */
  admit(exchange: Exchange, maxTokens: number | undefined): Promise<void> | undefined {
    const claim = claimOf(exchange, maxTokens, this.prices, this.now());
    if (claim === undefined) return undefined;
    const reservation = this.shared.reserve(claim);
    if (reservation instanceof Promise)
      return reservation.then((later) => this.decide(exchange, claim, later));
    this.decide(exchange, claim, reservation);
    return undefined;
  }

  /** Once, when the exchange is over: what was reserved becomes what was used. */
  settle(exchange: Exchange): void {
    const { claim } = exchange;
    exchange.claim = undefined;
    if (claim === undefined) return;
    const { tokens, costNanoUsd } = usedBy(exchange);
    this.shared.settle(claim, tokens, costNanoUsd);
    if (!claim.isLocal) return;
    for (const [index, { kind, scope }] of claim.limits.entries())
      if (kind === 'budget') this.local.spend(scope, costNanoUsd - (claim.amounts[index] ?? 0));
  }

  private decide(exchange: Exchange, claim: Claim, shared: Reservation | undefined): void {
    const reservation = shared ?? this.reserveLocally(claim);
    if (!reservation.granted) throw this.refusal(exchange, claim.limits, reservation);
    exchange.claim = claim;
    // the client has left while we asked
    if (exchange.closed) return this.settle(exchange);
    const { envelope } = exchange.surface;
    exchange.limitHeaders = limitHeaders(envelope, claim.limits, reservation.used, this.now(), this.spanMs);
  }

  private reserveLocally(claim: Claim): Reservation {
    const { limits, amounts, accounts } = claim;
    const known = accounts.map(({ held, usedByAll }) => ({ held, used: usedByAll }));
    const reservation = this.local.reserve(limits, amounts, known, this.shared.replicas, this.now());
    if (reservation.granted) this.shared.grantLocally(claim);
    return reservation;
  }

  private refusal(
    exchange: Exchange,
    limits: readonly Limit[],
    { refusedBy, retryAfterMs, used }: Refused,
  ): LimitExceeded {
    const limit = limits[refusedBy] as Limit;
    this.metrics.refused.inc({ scope: limit.of });
    if (limit.kind === 'budget') {
      this.metrics.exhausted.inc({ scope: limit.of });
      this.notices.exhausted(limit);
    }
    // the wait for a slot or for a new period says nothing of windows
    const reset = limit.kind === 'requests' || limit.kind === 'tokens' ? retryAfterMs : this.spanMs;
    const headers = limitHeaders(exchange.surface.envelope, limits, used, this.now(), reset);
    return new LimitExceeded(limit, retryAfterMs, headers);
  }

  private passed(limit: Limit): void {
    this.metrics.thresholds.inc({ scope: limit.of });
    this.notices.passed(limit);
  }
}

/** What the exchange has used, over all attempts that were billed: all tokens, cached ones too, and what they cost. */
function usedBy({ bill }: Exchange): { tokens: number; costNanoUsd: number } {
  if (bill === undefined) return { tokens: 0, costNanoUsd: 0 };
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens, costNanoUsd } = bill;
  const tokens = inputTokens + outputTokens + cacheReadTokens + cacheCreationTokens;
  return { tokens, costNanoUsd: costNanoUsd ?? 0 };
}
