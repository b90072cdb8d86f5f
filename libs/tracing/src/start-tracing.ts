import type { Tracer } from '@opentelemetry/api';
import type { Logger, ShutdownStep, TracingEnvironment } from '@muxgate/runtime';
import type { Registry } from 'prom-client';

/** Spans that a collector has not taken by then are lost: nobody waits longer for a process to end. */
const LAST_EXPORT_MS = 3_000;

export interface TracedService {
  /** `gateway`, `auth` or `worker` */
  readonly service: string;
  readonly version: string;
  readonly registry: Registry;
  readonly logger: Logger;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left; to be run once nothing can end a span any more. */
  readonly stop: ShutdownStep;
}

/**
 * Turns traces on for this process where the environment names a collector. Without one the SDK is not even loaded, and
 * OpenTelemetry's API does nothing.
 */
export async function startTracing(
  environment: TracingEnvironment,
  traced: TracedService,
): Promise<Tracing | undefined> {
  const url = collectorOf(environment);
  if (url === undefined) return undefined;
  const { startSdk } = await import('./sdk.js');
  const { tracer, shutdown } = startSdk(url, environment, traced);
  traced.logger.info({ collector: new URL(url).origin }, 'traces are exported');
  return { tracer, stop: { name: 'traces', run: shutdown, timeoutMs: LAST_EXPORT_MS } };
}

/** Where traces go (OTLP over HTTP, section "Endpoint URLs for OTLP/HTTP"); undefined where they are off. */
export function collectorOf(environment: TracingEnvironment): string | undefined {
  const off =
    environment.OTEL_SDK_DISABLED.toLowerCase() === 'true' || environment.OTEL_TRACES_EXPORTER === 'none';
  if (off) return undefined;
  const whole = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const base = environment.OTEL_EXPORTER_OTLP_ENDPOINT;
  return whole ?? (base === undefined ? undefined : `${base.replace(/\/$/, '')}/v1/traces`);
}
