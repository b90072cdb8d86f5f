import { AppError } from '@muxgate/runtime';
import { LimitExceeded } from '../limits/limit-exceeded.js';
import { InternalError, TargetsResting } from './errors.js';
import type { Envelope, SurfaceName } from './surface.js';

/** The one place where an error becomes a status, a body and headers of a surface (contract, section 5). */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'invalid_request_error',
  413: 'request_too_large',
  415: 'invalid_request_error',
  431: 'invalid_request_error',
  429: 'rate_limit_error',
};
const OPENAI_TYPES: Readonly<Record<number, string>> = {
  403: 'permission_error',
  429: 'rate_limit_error',
};
const OVERLOADED = new Set(['overloaded', 'draining', 'targets_resting', 'upstream_overloaded']);

/** Beyond status and body: what a client should do next. */
const ADVICE: Readonly<Record<string, readonly string[]>> = {
  overloaded: ['retry-after', '1'],
  draining: ['retry-after', '1', 'connection', 'close'],
  client_keys_unavailable: ['retry-after', '1'],
  credential_not_connected: ['x-should-retry', 'false'],
  credential_needs_reauthorization: ['x-should-retry', 'false'],
  credential_expired: ['retry-after', '5'],
  credential_unavailable: ['retry-after', '1'],
  body_incomplete: ['connection', 'close'],
};

/** Anything thrown, as an error that may be shown; what was not meant for callers becomes an internal error. */
export function shownError(error: unknown): AppError {
  if (error instanceof AppError && error.expose) return error;
  return new InternalError('an internal error occurred', { cause: error });
}

export function errorAnswer(error: AppError, envelope: Envelope, requestId: string): ErrorAnswer {
  const body = Buffer.from(JSON.stringify(errorBody(error, envelope, requestId)));
  return {
    status: error.status,
    headers: ['content-type', 'application/json', 'content-length', String(body.length), ...adviceFor(error)],
    body,
  };
}

function adviceFor(error: AppError): readonly string[] {
  if (error instanceof TargetsResting)
    return ['retry-after', String(Math.max(1, Math.ceil(error.restMs / 1000)))];
  if (error instanceof LimitExceeded) return error.headers;
  return ADVICE[error.code] ?? [];
}

/** The error as the surface's own event, for a stream that has begun. */
export function errorEvent(error: AppError, surface: SurfaceName, requestId: string): string {
  switch (surface) {
    case 'anthropic-messages':
      return `event: error\ndata: ${JSON.stringify(errorBody(error, 'anthropic', requestId))}\n\n`;
    case 'openai-chat':
      return `data: ${JSON.stringify(errorBody(error, 'openai', requestId))}\n\n`;
    case 'openai-responses': {
      const { error: inner } = errorBody(error, 'openai', requestId) as { error: Record<string, unknown> };
      // the documented event is flat, the vendor's SDK looks for `error`: say both
      const event = {
        type: 'error',
        code: inner['code'],
        message: inner['message'],
        param: null,
        error: inner,
      };
      return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
    }
  }
}

function errorBody(error: AppError, envelope: Envelope, requestId: string): object {
  if (envelope === 'anthropic') {
    const type =
      ANTHROPIC_TYPES[error.status] ?? (OVERLOADED.has(error.code) ? 'overloaded_error' : 'api_error');
    return { type: 'error', error: { type, message: error.message }, request_id: requestId };
  }
  const type = OPENAI_TYPES[error.status] ?? (error.status < 500 ? 'invalid_request_error' : 'server_error');
  return { error: { message: error.message, type, param: null, code: error.code } };
}
