import { requestId, type Logger } from '@muxgate/runtime';
import type { NextFunction, Response } from 'express';
import type { AuthRequest } from './auth-request.js';

/**
 * Names the request and writes one log line when it is answered. The line has the route's pattern and never the
 * address: a callback's query holds a code.
 */
export function requestContext(logger: Logger, now: () => number = Date.now) {
  return (request: AuthRequest, response: Response, next: NextFunction): void => {
    const startedAt = now();
    request.id = requestId(request.headers['x-request-id']);
    response.set('x-request-id', request.id);
    response.once('close', () => {
      const route = (request.route as { path?: string } | undefined)?.path ?? 'none';
      logger.info(
        {
          requestId: request.id,
          trace_id: request.traceId,
          method: request.method,
          route,
          status: response.statusCode,
          ms: now() - startedAt,
          actor: request.principal?.name,
          aborted: !response.writableFinished,
        },
        'request',
      );
    });
    next();
  };
}
