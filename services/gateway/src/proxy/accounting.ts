import type { Logger } from '@muxgate/runtime';
import type { Exchange } from './exchange.js';
import type { GatewayMetrics } from './gateway.metrics.js';

const OTHER = 'other';
const NONE = 'none';

/** What an exchange has cost: metrics and one line of log, once, when it is over. */
export class Accounting {
  constructor(
    private readonly metrics: GatewayMetrics,
    private readonly logger: Logger,
  ) {}

  settle(exchange: Exchange): void {
    const durationMs = performance.now() - exchange.startedAt;
    const status = exchange.clientGone && !exchange.res.headersSent ? 499 : exchange.res.statusCode;
    this.count(exchange, status, durationMs);
    this.log(exchange, status, durationMs);
  }

  attempt(exchange: Exchange, outcome: string): void {
    this.metrics.attempts.inc({ provider: exchange.decision?.provider.name ?? OTHER, outcome });
  }

  private count(exchange: Exchange, status: number, durationMs: number): void {
    const { metrics } = this;
    const { surface, decision, usage, client, failure } = exchange;
    const model = decision?.model.name ?? OTHER;
    const provider = decision?.provider.name ?? OTHER;
    metrics.requests.inc({
      surface: surface.name,
      rule: decision?.rule ?? NONE,
      model,
      provider,
      status: String(status),
    });
    metrics.overhead.observe({ surface: surface.name }, Math.max(0, durationMs - exchange.upstreamMs) / 1000);
    if (exchange.clientGone) metrics.disconnects.inc({ surface: surface.name });
    if (failure !== undefined && exchange.stream && exchange.attempts > 0 && !exchange.clientGone) {
      const phase = exchange.firstContentAt === undefined ? 'before_first_event' : 'mid_stream';
      metrics.streamFailures.inc({ phase, reason: failure.code });
    }
    if (decision === undefined) return;

    const labels = {
      gen_ai_operation_name: surface.operation,
      gen_ai_provider_name: provider,
      gen_ai_request_model: model,
    };
    const errorType = failure?.code ?? (status >= 400 ? String(status) : '');
    metrics.duration.observe({ ...labels, error_type: errorType }, durationMs / 1000);
    if (exchange.firstContentAt !== undefined && status < 400) {
      const firstMs = exchange.firstContentAt - exchange.startedAt;
      metrics.firstToken.observe(labels, firstMs / 1000);
      if (exchange.stream && usage !== undefined && usage.outputTokens > 1)
        metrics.perToken.observe(labels, (durationMs - firstMs) / 1000 / (usage.outputTokens - 1));
    }
    if (usage === undefined) return;
    const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheCreationTokens;
    metrics.tokenUsage.observe({ ...labels, gen_ai_token_type: 'input' }, input);
    metrics.tokenUsage.observe({ ...labels, gen_ai_token_type: 'output' }, usage.outputTokens);
    const team = client?.team ?? NONE;
    const add = (type: string, count: number): void => {
      if (count > 0) metrics.tokens.inc({ type, model, provider, team }, count);
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
