import type { Logger } from '@muxgate/runtime';
import type { Exchange } from './exchange.js';
import type { GatewayMetrics } from './gateway.metrics.js';
import { MetricSeries, type TokenType } from './metric-series.js';

const NONE = 'none';

/** What an exchange has cost: metrics and one line of log, once, when it is over. */
export class Accounting {
  private readonly series: MetricSeries;

  constructor(
    private readonly metrics: GatewayMetrics,
    private readonly logger: Logger,
  ) {
    this.series = new MetricSeries(metrics);
  }

  settle(exchange: Exchange): void {
    const durationMs = performance.now() - exchange.startedAt;
    const status = exchange.clientGone && !exchange.res.headersSent ? 499 : exchange.res.statusCode;
    this.count(exchange, status, durationMs);
    this.log(exchange, status, durationMs);
  }

  attempt(exchange: Exchange, outcome: string): void {
    this.series.of(exchange).attempt(outcome).inc();
  }

  private count(exchange: Exchange, status: number, durationMs: number): void {
    const { surface, decision, usage, client, failure } = exchange;
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
    const team = client?.team ?? NONE;
    const add = (type: TokenType, count: number): void => {
      if (count > 0) series.token(type, team).inc(count);
    };
    add('input', usage.inputTokens);
    add('output', usage.outputTokens);
    add('cache_read', usage.cacheReadTokens);
    add('cache_creation', usage.cacheCreationTokens);
    add('reasoning', usage.reasoningTokens);
  }

  private log(exchange: Exchange, status: number, durationMs: number): void {
    const { decision, failure, usage } = exchange;
    const level = failure !== undefined && failure.status >= 500 ? 'warn' : 'info';
    if (!this.logger.isLevelEnabled(level)) return;
    const line = {
      requestId: exchange.id,
      surface: exchange.surface.name,
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
