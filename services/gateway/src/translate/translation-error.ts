import { APICallError, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import { AppError } from '@muxgate/runtime';
import { RequestMalformed, UpstreamBroken } from '../proxy/errors.js';
import { upstreamError } from '../proxy/upstream-error.js';
import { isObject, numberOf, textOf } from './json.js';

/** What the upstream itself answered, with its own status, to be shown in the client's envelope. */
export class UpstreamRefused extends AppError {
  constructor(
    message: string,
    status: number,
    /** headers that tell a client what to do next */
    readonly advice: Readonly<Record<string, string>>,
    options: { cause: unknown },
  ) {
    super(message, status === 529 ? 'upstream_overloaded' : 'upstream_refused', status, true, options);
  }
}

const FORWARDED = ['retry-after', 'retry-after-ms', 'x-should-retry'];

/** Anything that goes wrong in a translated attempt; `answered` says that the head of an answer had come. */
export function translationError(error: unknown, provider: string, answered: boolean): AppError {
  if (error instanceof AppError) return error;
  if (APICallError.isInstance(error)) {
    const { statusCode: status, responseHeaders = {} } = error;
    if (status !== undefined && status >= 400)
      return refused(error.message, status, responseHeaders, provider, error);
    const cause = rootCause(error);
    return answered || status !== undefined
      ? new UpstreamBroken(`provider ${provider} sent an answer that cannot be read`, { cause: error })
      : upstreamError(cause, provider, false);
  }
  if (UnsupportedFunctionalityError.isInstance(error))
    return new RequestMalformed(`provider ${provider} cannot take ${error.functionality}`, { cause: error });
  const thrown = error instanceof Error ? error : new Error(String(error));
  return upstreamError(rootCause(thrown), provider, answered);
}

/** An error that came as an event of the stream, which vendors and the library shape differently. */
export function streamError(error: unknown, provider: string): AppError {
  if (APICallError.isInstance(error)) return translationError(error, provider, true);
  if (error instanceof Error && !('statusCode' in error))
    return new UpstreamBroken(`provider ${provider} sent a broken stream`, { cause: error });
  const facts = isObject(error) ? error : {};
  const status = numberOf(facts['statusCode']) ?? numberOf(facts['status']) ?? numberOf(facts['code']) ?? 502;
  const message = textOf(error) ?? textOf(facts['message']) ?? '';
  return refused(message, status >= 400 && status < 600 ? status : 502, {}, provider, error);
}

function refused(
  message: string,
  status: number,
  headers: Readonly<Record<string, string>>,
  provider: string,
  cause: unknown,
): UpstreamRefused {
  const shown = message === '' ? `provider ${provider} answered ${status}` : message;
  const kept = Object.fromEntries(
    FORWARDED.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  );
  return new UpstreamRefused(shown, status, kept, { cause });
}

/** Undici's own error lies under what `fetch` and the library wrap around it. */
function rootCause(error: Error): Error {
  let cause = error;
  while (cause.cause instanceof Error) cause = cause.cause;
  return cause;
}
