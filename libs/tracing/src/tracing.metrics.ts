import { createNoopMeter, type Attributes, type MeterProvider } from '@opentelemetry/api';
import type { Logger } from '@muxgate/runtime';
import { Counter, type Registry } from 'prom-client';

/** https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/, what the SDK says of its own queue */
const PROCESSED = 'otel.sdk.processor.span.processed';

export type SpanCounter = Counter<'outcome'>;

export function createTracingMetrics(registry: Registry): SpanCounter {
  return new Counter({
    name: 'muxgate_trace_spans_total',
    help: 'Spans that the collector took (exported) or did not take (failed), and those that found the queue full (dropped). Absent while traces are off.',
    labelNames: ['outcome'],
    registers: [registry],
  });
}

/** Has the SDK count into Prometheus; a collector that stops taking spans, or takes them again, is logged once. */
export function countSpans(counter: SpanCounter, logger: Logger): MeterProvider {
  let failing = false;
  const count = (spans: number, attributes: Attributes = {}): void => {
    const outcome = outcomeOf(attributes);
    counter.inc({ outcome }, spans);
    if (outcome === 'dropped' || failing === (outcome === 'failed')) return;
    failing = !failing;
    if (failing) logger.warn('the collector takes no traces; requests go on, their spans are lost');
    else logger.info('the collector takes traces again');
  };
  const meter = createNoopMeter();
  const ignored = meter.createCounter.bind(meter);
  meter.createCounter = (name, options) => (name === PROCESSED ? { add: count } : ignored(name, options));
  return { getMeter: () => meter };
}

function outcomeOf({ 'error.type': error }: Attributes): 'exported' | 'failed' | 'dropped' {
  if (error === undefined) return 'exported';
  return error === 'queue_full' ? 'dropped' : 'failed';
}
