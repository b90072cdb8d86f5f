import { describe, expect, it } from 'vitest';
import { errorEventStatus, outcomeOf, retryAfterMs, retryClass } from './retry-class.js';

describe('what a status means for targets', () => {
  it.each([
    [200, 'final', 'answered'],
    [400, 'final', 'answered'],
    [401, 'refused', 'unauthorized'],
    [403, 'refused', 'forbidden'],
    [404, 'final', 'answered'],
    [408, 'failing', 'timeout'],
    [413, 'final', 'answered'],
    [422, 'final', 'answered'],
    [429, 'limited', 'rate_limited'],
    [500, 'failing', 'server_error'],
    [503, 'failing', 'server_error'],
    [529, 'failing', 'overloaded'],
  ])('%i is %s', (status, kind, outcome) => {
    expect([retryClass(status), outcomeOf(status)]).toEqual([kind, outcome]);
  });

  it.each([
    [['overloaded_error'], 529],
    [['rate_limit_exceeded', 'requests'], 429],
    [['invalid_request_error'], 400],
    [['context_length_exceeded', 'invalid_request_error'], 400],
    [['api_error'], 500],
    [[], 500],
  ])('an error event of kind %j counts as %i', (kinds, status) => {
    expect(errorEventStatus(kinds)).toBe(status);
  });

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': '7', 'retry-after-ms': '250' }, 250],
    [{ 'retry-after': '0' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%j asks for %s ms', (headers, ms) => {
    expect(retryAfterMs(headers, Date.parse('2026-11-23T12:00:00Z'))).toBe(ms);
  });
});
