import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { TokenEndpointError } from '@muxgate/oauth';
import { AppError } from '@muxgate/runtime';
import {
  BodyTooLarge,
  InternalError,
  JsonMalformed,
  MediaTypeUnsupported,
  RequestMalformed,
  RouteUnknown,
  StoreUnavailable,
} from './http.errors.js';
import { RequestError } from './request-error.js';

/** RFC 9457; `code` is stable and what programs should look at. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly [member: string]: unknown;
}

export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** The one place where anything thrown becomes an answer. What was not raised on purpose says nothing of itself. */
export function toProblem(thrown: unknown): ProblemAnswer {
  const error = thrown instanceof AppError ? thrown : ofOthers(thrown);
  const problem = {
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    detail: error.expose ? error.message : 'The request could not be served.',
  } as const;
  if (error instanceof RequestError) {
    return { problem: { ...problem, ...error.members }, headers: error.headers };
  }
  if (error instanceof TokenEndpointError && error.oauthError !== undefined) {
    return { problem: { ...problem, error: error.oauthError }, headers: {} };
  }
  return { problem, headers: {} };
}

function ofOthers(thrown: unknown): AppError {
  if (thrown instanceof HttpException) return ofFramework(thrown);
  if (isStoreFailure(thrown)) {
    return new StoreUnavailable('Redis does not answer at the moment; try again.', {
      headers: { 'retry-after': '1' },
    });
  }
  return new InternalError('An unexpected error; the log has more, under the request id.');
}

/** Nest's own exceptions, and body-parser's by their `type` (https://github.com/expressjs/body-parser#errors). */
function ofFramework(exception: HttpException): AppError {
  const { type } = (exception as { cause?: { type?: string } }).cause ?? {};
  if (type === 'entity.parse.failed') return new JsonMalformed('The body is not valid JSON.');
  if (type === 'charset.unsupported') return new MediaTypeUnsupported('JSON is UTF-8.');
  switch (exception.getStatus()) {
    case 404:
      return new RouteUnknown('There is nothing at this address; GET /openapi.json lists what there is.');
    case 413:
      return new BodyTooLarge('The body is larger than this address ever needs.');
    case 415:
      return new MediaTypeUnsupported('The content encoding is not supported.');
    default:
      return new RequestMalformed('The request is malformed.');
  }
}

/** ioredis has no common base class: a lost connection, a command that timed out, a refusal by the server. */
function isStoreFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ['MaxRetriesPerRequestError', 'ReplyError', 'ClusterAllFailedError', 'AbortError'].includes(error.name) ||
    error.message === 'Connection is closed.' ||
    error.message === 'Command timed out' ||
    error.message.startsWith("Stream isn't writeable")
  );
}
