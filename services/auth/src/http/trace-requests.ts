import { context, propagation, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { NextFunction, Response } from 'express';
import type { AuthRequest } from './auth-request.js';

/**
 * One span a request, active in all that it does. It has the route's pattern and never the address: a callback's query
 * holds a code, an invitation's path its token.
 */
export function traceRequests(tracer: Tracer) {
  return (request: AuthRequest, response: Response, next: NextFunction): void => {
    const client = propagation.extract(context.active(), request.headers);
    const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER }, client);
    request.traceId = span.spanContext().traceId;
    response.once('close', () => {
      const route = (request.route as { path?: string } | undefined)?.path;
      if (route !== undefined) span.updateName(`${request.method} ${route}`);
      const status = response.statusCode;
      span.setAttributes({
        'http.request.method': request.method,
        'http.route': route,
        'url.scheme': 'http',
        'http.response.status_code': status,
        'muxgate.request.id': request.id,
        'muxgate.actor': request.principal?.name,
        'error.type': status >= 500 ? String(status) : undefined,
      });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(client, span), next);
  };
}
