import { randomUUID } from 'node:crypto';
import { context, propagation, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { parseKeyPairsIntoRecord, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TracingEnvironment } from '@muxgate/runtime';
import { samplerOf } from './sampler.js';
import type { TracedService } from './start-tracing.js';
import { countSpans, createTracingMetrics } from './tracing.metrics.js';

/** One batch at a time, so one connection is busy with it. */
const EXPORTS_AT_ONCE = 4;

/** Registers tracer, context and W3C propagation with OpenTelemetry's API, for all of this process. */
export function startSdk(
  url: string,
  environment: TracingEnvironment,
  { service, version, registry, logger }: TracedService,
): { tracer: Tracer; shutdown: () => Promise<void> } {
  const exporter = new OTLPTraceExporter({
    url,
    headers: parseKeyPairsIntoRecord(environment.OTEL_EXPORTER_OTLP_HEADERS),
    concurrencyLimit: EXPORTS_AT_ONCE,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': `muxgate-${service}`,
        'service.version': version,
        'service.instance.id': randomUUID(),
        ...parseKeyPairsIntoRecord(environment.OTEL_RESOURCE_ATTRIBUTES),
        ...(environment.OTEL_SERVICE_NAME && { 'service.name': environment.OTEL_SERVICE_NAME }),
      }),
    ),
    sampler: samplerOf(environment),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: environment.OTEL_BSP_SCHEDULE_DELAY,
        maxQueueSize: environment.OTEL_BSP_MAX_QUEUE_SIZE,
        maxExportBatchSize: environment.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
        selfObsMeterProvider: countSpans(createTracingMetrics(registry), logger),
      }),
    ],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return {
    tracer: provider.getTracer('muxgate', version),
    shutdown: async () => {
      for (const api of [trace, context, propagation]) api.disable();
      // what the collector would not take was counted and logged
      await provider.shutdown().catch(() => undefined);
    },
  };
}
