import type { IncomingHttpHeaders } from 'node:http';

/**
 * What an upstream's status means for the targets of a request (contract, section 6). `final`: the answer is the
 * request's own, and the target is well. `refused`: another target may accept what this one's credential may not.
 * `limited`: this credential has to rest. `failing`: the target has to, whoever asks.
 */
export type RetryClass = 'final' | 'refused' | 'limited' | 'failing';

export function retryClass(status: number): RetryClass {
  if (status === 429) return 'limited';
  if (status === 401 || status === 403) return 'refused';
  if (status === 408 || status >= 500) return 'failing';
  return 'final';
}

/** For `muxgate_upstream_attempts_total`. */
export function outcomeOf(status: number): string {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 408:
      return 'timeout';
    case 429:
      return 'rate_limited';
    case 529:
      return 'overloaded';
    default:
      return status >= 500 ? 'server_error' : 'answered';
  }
}

const ERROR_STATUS: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  invalid_prompt: 400,
  context_length_exceeded: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  overloaded_error: 529,
};

/** The status that a vendor would have sent with an error that came as the first event of a stream. */
export function errorEventStatus(kinds: readonly string[]): number {
  for (const kind of kinds) {
    const status = ERROR_STATUS[kind];
    if (status !== undefined) return status;
  }
  return 500;
}

/** `retry-after` in seconds or as a date (RFC 9110, section 10.2.3), `retry-after-ms` as OpenAI sends it. */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number): number | undefined {
  const precise = positive(Number(headers['retry-after-ms']));
  if (precise !== undefined) return precise;
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  return positive(Number(text) * 1000) ?? positive(Date.parse(text) - now);
}

function positive(ms: number): number | undefined {
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
