import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { TokenEndpointError } from '@muxgate/oauth';
import { AppError } from '@muxgate/runtime';
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

/** The one place where anything thrown becomes an answer. What was not raised on purpose says nothing of itself. */
export function toProblem(error: unknown): { problem: Problem; headers: Readonly<Record<string, string>> } {
  if (error instanceof RequestError) {
    return {
      problem: { ...problem(error.status, error.code, error.message), ...error.members },
      headers: error.headers,
    };
  }
  if (error instanceof TokenEndpointError) {
    const said = error.oauthError === undefined ? {} : { error: error.oauthError };
    return { problem: { ...problem(error.status, error.code, error.message), ...said }, headers: {} };
  }
  if (error instanceof AppError) {
    const detail = error.expose ? error.message : 'The request could not be served.';
    return { problem: problem(error.status, error.code, detail), headers: {} };
  }
  if (error instanceof HttpException) {
    return { problem: ofFramework(error), headers: {} };
  }
  if (isStoreFailure(error)) {
    return {
      problem: problem(503, 'store_unavailable', 'Redis does not answer at the moment; try again.'),
      headers: { 'retry-after': '1' },
    };
  }
  return {
    problem: problem(500, 'internal_error', 'An unexpected error; the log has more, under the request id.'),
    headers: {},
  };
}

function problem(status: number, code: string, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail };
}

/** body-parser's own `type` → our code and words (https://github.com/expressjs/body-parser#errors). */
const BODY_FAULTS: Readonly<Record<string, readonly [code: string, detail: string]>> = {
  'entity.parse.failed': ['malformed_json', 'The body is not valid JSON.'],
  'entity.too.large': ['body_too_large', 'The body is larger than this API ever needs (64 KiB).'],
  'charset.unsupported': ['unsupported_media_type', 'JSON is UTF-8.'],
  'encoding.unsupported': ['unsupported_media_type', 'The content encoding is not supported.'],
};

const FRAMEWORK_CODES: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  404: ['not_found', 'There is nothing at this address; GET /openapi.json lists what there is.'],
  413: ['body_too_large', 'The body is larger than this API ever needs (64 KiB).'],
  415: ['unsupported_media_type', 'Send the body as application/json.'],
};

function ofFramework(error: HttpException): Problem {
  const status = error.getStatus();
  const { cause } = error as { cause?: unknown };
  const bodyFault = BODY_FAULTS[(cause as { type?: string } | undefined)?.type ?? ''];
  const [code, detail] = bodyFault ??
    FRAMEWORK_CODES[status] ?? ['malformed_request', 'The request is malformed.'];
  return problem(status, code, detail);
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
