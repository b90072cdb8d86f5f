import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanOptions,
} from '@opentelemetry/api';
import { AppError } from '@muxgate/runtime';

export interface SpanOutline extends SpanOptions {
  /** What `carriedTrace` gave to whoever asked for this; the span belongs to that trace. */
  readonly carried?: string | undefined;
}

/**
 * Runs `work` inside a span, which is active in all that it calls and awaits. An error marks the span by its stable
 * code alone: messages may quote what came from outside.
 */
export async function inSpan<T>(
  name: string,
  { carried, ...options }: SpanOutline,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const parent = carried === undefined ? context.active() : contextOf(carried);
  const span = trace.getTracer('muxgate').startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work, undefined, span);
  } catch (error) {
    span.setAttribute('error.type', errorType(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** The active trace as text that can go with a job; undefined where there is none. */
export function carriedTrace(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return Object.keys(carrier).length === 0 ? undefined : JSON.stringify(carrier);
}

/** For log lines; undefined where no trace is active. */
export function activeTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

/** A job lies in Redis, where another version may have put it: what cannot be read begins a trace of its own. */
function contextOf(carried: string): Context {
  try {
    return propagation.extract(ROOT_CONTEXT, JSON.parse(carried) as unknown);
  } catch {
    return ROOT_CONTEXT;
  }
}

function errorType(error: unknown): string {
  if (error instanceof AppError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
