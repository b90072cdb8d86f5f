import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, ineffectiveUntil, refreshDueAt } from './refresh-schedule.js';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('a token set is due', () => {
  it.each([
    ['an hour', 60 * MINUTE, 300, 0, 55 * MINUTE],
    ['an hour, latest jitter', 60 * MINUTE, 300, 0.999_999, 54 * MINUTE],
    ['ten minutes: 20 % is less than the policy', 10 * MINUTE, 300, 0, 8 * MINUTE],
    ['a minute', MINUTE, 300, 0, 48_000],
    ['a minute, latest jitter', MINUTE, 300, 0.999_999, 42_000],
    ['four seconds: not within 5 s', 4_000, 300, 0, 5_000],
    ['none at all', 0, 300, 0.5, 5_000],
    ['an hour, no time ahead', 60 * MINUTE, 0, 0, 60 * MINUTE],
  ])('for a life of %s', (_name, life, refreshAheadSeconds, random, expected) => {
    const due = refreshDueAt({ refreshAheadSeconds }, { expiresAt: NOW + life }, NOW, random);
    expect(Math.abs(due - NOW - expected)).toBeLessThanOrEqual(1);
  });

  it('not before the provider allows it', () => {
    const token = { expiresAt: NOW + 10 * MINUTE, earliestRefreshAt: NOW + 9 * MINUTE };
    expect(refreshDueAt({ refreshAheadSeconds: 300 }, token, NOW, 0)).toBe(NOW + 9 * MINUTE);
  });

  it.each([
    ['kept alive though its access token lives for a year', { keepAliveDays: 30 }, {}, 30 * DAY],
    [
      'before its refresh token lapses: at 80 % of that life',
      {},
      { refreshExpiresAt: NOW + 10 * DAY },
      8 * DAY,
    ],
    ['in 5 s when its refresh token has lapsed', {}, { refreshExpiresAt: NOW - DAY }, 5_000],
    [
      'when its authorization gets too old',
      { reauthorizeAfterDays: 90 },
      { connectedAt: NOW - 80 * DAY },
      10 * DAY,
    ],
  ])('%s', (_name, policy, token, expected) => {
    const due = refreshDueAt(
      { refreshAheadSeconds: 0, ...policy },
      { expiresAt: NOW + 365 * DAY, ...token },
      NOW,
      0,
    );
    expect(due - NOW).toBe(expected);
  });

  it('spread by no more than the policy says', () => {
    const policy = { refreshAheadSeconds: 0, refreshJitterSeconds: 10 };
    const due = refreshDueAt(policy, { expiresAt: NOW + 60 * MINUTE }, NOW, 0.999_999);
    expect(NOW + 60 * MINUTE - due).toBeLessThanOrEqual(10_000);
  });

  it('never sooner than 5 s after the last, never after its end, and never further ahead than policy and jitter allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 90 * 24 * 60 * MINUTE }),
        fc.integer({ min: 0, max: 86_400 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (life, refreshAheadSeconds, random) => {
          const expiresAt = NOW + life;
          const due = refreshDueAt({ refreshAheadSeconds }, { expiresAt }, NOW, random);
          expect(due).toBeGreaterThanOrEqual(NOW + 5_000);
          expect(due).toBeLessThanOrEqual(Math.max(expiresAt, NOW + 5_000));
          const ahead = Math.min(refreshAheadSeconds * 1_000, 0.2 * life) + Math.min(MINUTE, 0.1 * life);
          expect(due).toBeGreaterThanOrEqual(expiresAt - ahead - 1);
        },
      ),
    );
  });
});

describe('a back-off', () => {
  it('is anywhere below a ceiling that doubles to 60 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50].map((failures) => backoffMs(failures, undefined, 1))).toEqual([
      2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
    expect(backoffMs(5, undefined, 0)).toBe(0);
  });

  it('is never shorter than Retry-After, which is believed up to 15 minutes', () => {
    expect(backoffMs(1, 30_000, 0)).toBe(30_000);
    expect(backoffMs(1, 30_000, 1)).toBe(32_000);
    expect(backoffMs(1, 24 * 60 * MINUTE, 0)).toBe(15 * MINUTE);
  });
});

describe('a refresh that brought nothing new is followed by', () => {
  it.each([
    [1, 60, 30],
    [2, 600, 60],
    [9, 3_600, 300],
    [9, 45, 45],
    [1, -10, 5],
  ])('the %ith in a row, with %i s left: %i s', (times, leftS, expectedS) => {
    expect(ineffectiveUntil(times, NOW + leftS * 1_000, NOW) - NOW).toBe(expectedS * 1_000);
  });
});
