import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { attributesOfAddress } from '@muxgate/tracing';
import type { ProviderConfig } from '@muxgate/config';
import type { Exchange } from '../proxy/exchange.js';
import type { Usage } from '../proxy/usage-reader.js';

/** W3C Trace Context; what the client sent of it is not what upstream gets. */
const CARRIED = new Set(['traceparent', 'tracestate']);

/**
 * The spans of one request: one for serving it, under the client's own, and below it one for each attempt upstream.
 * Attributes follow OpenTelemetry's conventions for HTTP and generative AI; `muxgate.` are ours. They are ids, names of
 * the configuration and numbers: nothing of a body, a query, a header or a credential.
 */
export class RequestTrace {
  readonly id: string;
  private readonly served: Span;
  private readonly within: Context;
  private attempt: Span | undefined;
  private attemptStartedAt = 0;

  constructor(
    private readonly tracer: Tracer,
    { req, surface }: Pick<Exchange, 'req' | 'surface'>,
  ) {
    const client = propagation.extract(context.active(), req.headers);
    this.served = tracer.startSpan(`POST ${surface.path}`, { kind: SpanKind.SERVER }, client);
    this.within = trace.setSpan(client, this.served);
    this.id = this.served.spanContext().traceId;
  }

  /** Runs `work` so that what it asks of other services belongs to this trace. */
  run<T>(work: () => T): T {
    return context.with(this.within, work);
  }

  begin(exchange: Exchange): void {
    const { decision, surface } = exchange;
    if (decision === undefined) return;
    const name = `${surface.operation} ${decision.target.model}`;
    this.attempt = this.tracer.startSpan(name, { kind: SpanKind.CLIENT }, this.within);
    this.attemptStartedAt = performance.now();
    if (!this.attempt.isRecording()) return;
    const { provider, target, place } = decision;
    this.attempt.setAttributes({
      'gen_ai.operation.name': surface.operation,
      'gen_ai.provider.name': provider.name,
      'gen_ai.request.model': target.model,
      'gen_ai.request.stream': exchange.stream,
      ...addressOf(provider),
      'muxgate.attempt': exchange.attempts,
      'muxgate.credential.id': place.credential || undefined,
      'muxgate.credential.generation': exchange.credential?.grant?.generation,
    });
  }

  /** Flat header pairs as upstream gets them: the running attempt is the parent, the client's tracestate stays. */
  inject(headers: readonly string[]): string[] {
    const out: string[] = [];
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = headers[i] as string;
      if (!CARRIED.has(name.toLowerCase())) out.push(name, headers[i + 1] as string);
    }
    propagation.inject(trace.setSpan(this.within, this.attempt ?? this.served), out, {
      set: (carrier, name, value) => void carrier.push(name, value),
    });
    return out;
  }

  answered(status: number): void {
    this.attempt?.setAttribute('http.response.status_code', status);
    if (status >= 400) this.attempt?.setAttribute('error.type', String(status));
  }

  /** @param outcome as `muxgate_upstream_attempts_total` names it */
  attemptEnded({ usage, usageEstimated, firstContentAt }: Exchange, outcome: string): void {
    const { attempt } = this;
    if (attempt === undefined) return;
    this.attempt = undefined;
    if (attempt.isRecording()) {
      if (usage !== undefined) attempt.setAttributes(attributesOfUsage(usage));
      if (usageEstimated) attempt.setAttribute('muxgate.usage.estimated', true);
      if (firstContentAt !== undefined) {
        const seconds = (firstContentAt - this.attemptStartedAt) / 1_000;
        attempt.setAttribute('gen_ai.response.time_to_first_chunk', seconds);
      }
      if (outcome !== 'answered') {
        attempt.setAttribute('error.type', outcome);
        attempt.setStatus({ code: SpanStatusCode.ERROR });
      }
    }
    attempt.end();
  }

  /** @param status that the client saw, 499 where it did not wait for one */
  settle(exchange: Exchange, status: number): void {
    const { served } = this;
    if (served.isRecording()) {
      const { surface, client, decision, failure } = exchange;
      served.setAttributes({
        'http.request.method': 'POST',
        'http.route': surface.path,
        'url.path': surface.path,
        'url.scheme': 'http',
        'http.response.status_code': status,
        'muxgate.request.id': exchange.id,
        'muxgate.surface': surface.name,
        'muxgate.stream': exchange.stream,
        'muxgate.attempts': exchange.attempts,
        'muxgate.key.id': client?.id,
        'muxgate.team': client?.team,
        'muxgate.rule': decision?.rule,
        'muxgate.model': decision?.model.name,
        'muxgate.provider': decision?.provider.name,
        'muxgate.client_gone': exchange.clientGone || undefined,
        'error.type': failure?.code ?? (status >= 500 ? String(status) : undefined),
      });
      // a stream can fail after its status has left
      if (status >= 500 || (failure !== undefined && failure.status >= 500))
        served.setStatus({ code: SpanStatusCode.ERROR });
    }
    served.end();
  }
}

const addresses = new WeakMap<ProviderConfig, Attributes>();

function addressOf(provider: ProviderConfig): Attributes {
  let address = addresses.get(provider);
  if (address === undefined)
    addresses.set(provider, (address = attributesOfAddress(new URL(provider.baseUrl))));
  return address;
}

/** The convention counts what the prompt cache gave and took as input. */
function attributesOfUsage(usage: Usage): Attributes {
  return {
    'gen_ai.usage.input_tokens': usage.inputTokens + usage.cacheReadTokens + usage.cacheCreationTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': usage.cacheCreationTokens,
    'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
  };
}
