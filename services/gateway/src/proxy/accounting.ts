import type { PriceBook } from '@muxgate/pricing';
import type { Logger } from '@muxgate/runtime';
import { addBills, type Bill } from '@muxgate/usage';
import { attemptEvent, outcomeOfRequest, requestEvent } from '../usage/exchange-events.js';
import type { Tallies } from '../usage/tallies.js';
import type { UsageLedger } from '../usage/usage-ledger.js';
import type { Exchange } from './exchange.js';
import type { GatewayMetrics } from './gateway.metrics.js';
import { MetricSeries } from './metric-series.js';

/** What an exchange has cost: each attempt when it ends, the exchange once it is over; its trace ends with them. */
export class Accounting {
  private readonly series: MetricSeries;
  private openAttempts = 0;

  constructor(
    private readonly metrics: GatewayMetrics,
    private readonly tallies: Tallies,
    private readonly ledger: UsageLedger,
    private readonly prices: PriceBook,
    private readonly logger: Logger,
  ) {
    this.series = new MetricSeries(metrics);
  }

  settle(exchange: Exchange): void {
    const durationMs = performance.now() - exchange.startedAt;
    const status = exchange.clientGone && !exchange.res.headersSent ? 499 : exchange.res.statusCode;
    exchange.trace?.settle(exchange, status);
    this.count(exchange, status, durationMs);
    this.log(exchange, status, durationMs);
    // those who did not show who they are could fill the log
    if (exchange.client === undefined) return;
    const { bill } = exchange;
    const outcome = outcomeOfRequest(exchange, status);
    this.ledger.request(requestEvent(exchange, { status, durationMs, at: Date.now(), outcome, bill }));
  }

  /** An attempt is over: what it has used is booked, in the ledger and for Prometheus at once. */
  attempt(exchange: Exchange, outcome: string): void {
    exchange.trace?.attemptEnded(exchange, outcome);
    this.series.of(exchange).attempt(outcome).inc();
    const event = attemptEvent(exchange, this.prices, Date.now());
    if (event === undefined) return;
    this.tallies.add(event);
    exchange.bill = billWith(exchange, event);
    this.ledger.attempt(event, exchange.openAttempt);
  }

  /** A stream goes to the client: from now on the ledger knows what it has used, should this process be killed. */
  begun(exchange: Exchange): void {
    if (!exchange.stream) return;
    exchange.openAttempt = ++this.openAttempts;
    this.checkpoint(exchange);
  }

  checkpoint(exchange: Exchange): void {
    const { openAttempt, attempt } = exchange;
    if (openAttempt === undefined || attempt === undefined) return;
    attempt.takeUsage();
    const outputTokens = exchange.usage?.outputTokens ?? 0;
    if (outputTokens === exchange.checkpointed) return;
    exchange.checkpointed = outputTokens;
    const at = Date.now();
    const event = attemptEvent(exchange, this.prices, at);
    if (event === undefined) return;
    const bill = billWith(exchange, event);
    const durationMs = performance.now() - exchange.startedAt;
    const end = { status: 200, durationMs, at, outcome: 'gateway_lost', bill };
    this.ledger.checkpoint(openAttempt, event, requestEvent(exchange, end));
  }

  private count(exchange: Exchange, status: number, durationMs: number): void {
    const { surface, decision, usage, failure } = exchange;
    const series = this.series.of(exchange);
    series.request(status).inc();
    series.overhead.observe(Math.max(0, durationMs - exchange.upstreamMs) / 1000);
    if (exchange.clientGone) this.metrics.disconnects.inc({ surface: surface.name });
    if (failure !== undefined && exchange.stream && exchange.attempts > 0 && !exchange.clientGone) {
      const phase = exchange.firstContentAt === undefined ? 'before_first_event' : 'mid_stream';
      this.metrics.streamFailures.inc({ phase, reason: failure.code });
    }
    if (decision === undefined) return;

    series.duration(failure?.code ?? (status >= 400 ? String(status) : '')).observe(durationMs / 1000);
    if (exchange.firstContentAt !== undefined && status < 400) {
      const firstMs = exchange.firstContentAt - exchange.startedAt;
      series.firstToken.observe(firstMs / 1000);
      if (exchange.stream && usage !== undefined && usage.outputTokens > 1)
        series.perToken.observe((durationMs - firstMs) / 1000 / (usage.outputTokens - 1));
    }
    if (usage === undefined) return;
    series.inputTokens.observe(usage.inputTokens + usage.cacheReadTokens + usage.cacheCreationTokens);
    series.outputTokens.observe(usage.outputTokens);
  }

  private log(exchange: Exchange, status: number, durationMs: number): void {
    const { decision, failure, usage } = exchange;
    const level = failure !== undefined && failure.status >= 500 ? 'warn' : 'info';
    if (!this.logger.isLevelEnabled(level)) return;
    const line = {
      requestId: exchange.id,
      trace_id: exchange.trace?.id,
      surface: exchange.surface.name,
      operation: exchange.surface.operation,
      client: exchange.client?.id,
      model: decision?.model.name,
      provider: decision?.provider.name,
      rule: decision?.rule,
      status,
      stream: exchange.stream,
      attempts: exchange.attempts,
      durationMs: Math.round(durationMs),
      upstreamMs: Math.round(exchange.upstreamMs),
      inputTokens: usage?.inputTokens,
      outputTokens: usage?.outputTokens,
      usageEstimated: exchange.usageEstimated || undefined,
      clientGone: exchange.clientGone || undefined,
      code: failure?.code,
      err: failure !== undefined && failure.status >= 500 ? failure : undefined,
    };
    if (level === 'warn') this.logger.warn(line, 'request failed');
    else this.logger.info(line, 'request');
  }
}

function billWith({ bill }: Exchange, attempt: Bill): Bill {
  return bill === undefined ? attempt : addBills(bill, attempt);
}
