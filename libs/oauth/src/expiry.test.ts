import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jwt, NOW } from '../test/support.js';
import {
  DEFAULT_LIFETIME_S,
  MAX_LIFETIME_S,
  readEarliestRefresh,
  readExpiry,
  readRefreshExpiry,
} from './expiry.js';

const HOUR = 3_600_000;
const inAnHour = { expiresAt: NOW + HOUR, expirySource: 'provider' };
const byDefault = { expiresAt: NOW + DEFAULT_LIFETIME_S * 1000, expirySource: 'default' };

describe('expiry', () => {
  it.each([3600, '3600', 3600.0, '3600.0', ' 3600 ', '+3600', '3.6e3', '3600.'])(
    'T8 expires_in %j is an hour',
    (value) => {
      expect(readExpiry({ expires_in: value }, 'opaque', NOW)).toEqual(inAnHour);
    },
  );

  it('T8 a float is cut to whole milliseconds', () => {
    expect(readExpiry({ expires_in: 3599.9999 }, 'opaque', NOW).expiresAt).toBe(NOW + 3_599_999);
  });

  it.each([undefined, null, '', 'NaN', NaN, Infinity, 'soon', '0x10', '1h', true, {}, [3600], [], '1e999'])(
    'T8 expires_in %j is as absent: the default, never immortal',
    (value) => {
      expect(readExpiry({ expires_in: value }, 'opaque', NOW)).toEqual(byDefault);
    },
  );

  it.each([0, '0', -1, '-5.5', -1e300])('T8 expires_in %j ends at once', (value) => {
    expect(readExpiry({ expires_in: value }, 'opaque', NOW)).toEqual({
      expiresAt: NOW,
      expirySource: 'provider',
    });
  });

  it.each([MAX_LIFETIME_S + 1, 9_999_999_999, '1e300', Number.MAX_VALUE])(
    'T8 expires_in %j is cut to 10 years',
    (value) => {
      expect(readExpiry({ expires_in: value }, 'opaque', NOW).expiresAt).toBe(NOW + MAX_LIFETIME_S * 1000);
    },
  );

  it.each([
    (NOW + HOUR) / 1000,
    String((NOW + HOUR) / 1000),
    NOW + HOUR,
    String(NOW + HOUR),
    new Date(NOW + HOUR).toISOString(),
    '2026-11-23T14:00:00+01:00',
    '2026-11-23T13:00:00',
  ])('T8 expires_at %j is read as seconds, milliseconds or ISO 8601', (value) => {
    expect(readExpiry({ expires_at: value }, 'opaque', NOW)).toEqual(inAnHour);
  });

  it.each([0, -5, 3600, 'never', '2026', '2026-99-99T99:99:99Z', null])(
    'T8 expires_at %j is as absent',
    (value) => {
      expect(readExpiry({ expires_at: value }, 'opaque', NOW)).toEqual(byDefault);
    },
  );

  it('T8 expires_in wins over expires_at, which clocks can falsify', () => {
    expect(readExpiry({ expires_in: 3600, expires_at: NOW + 9 * HOUR }, 'opaque', NOW)).toEqual(inAnHour);
  });

  it('T8 without either, the exp of a JWT access token counts, unless past or not a number', () => {
    const exp = (NOW + HOUR) / 1000;
    expect(readExpiry({}, jwt({ exp }), NOW)).toEqual({ expiresAt: NOW + HOUR, expirySource: 'jwt' });
    for (const odd of [jwt({ exp: exp - 7200 }), jwt({ exp: {} }), jwt([]), 'a.b.c', 'a..c', 'a.b']) {
      expect(readExpiry({}, odd, NOW)).toEqual(byDefault);
    }
  });

  it('reads earliest_refresh_at, and the refresh lifetime where 0 means never', () => {
    expect(readEarliestRefresh({ earliest_refresh_at: (NOW + 60_000) / 1000 }, NOW)).toBe(NOW + 60_000);
    expect(readEarliestRefresh({}, NOW)).toBeUndefined();
    expect(readRefreshExpiry({ refresh_token_expires_in: '15897600' }, NOW)).toBe(NOW + 15_897_600_000);
    expect(readRefreshExpiry({ refresh_expires_in: 1800 }, NOW)).toBe(NOW + 1_800_000);
    expect(readRefreshExpiry({ refresh_expires_in: 0 }, NOW)).toBeUndefined();
  });

  it('is always finite and within bounds', () => {
    const anything = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.double().map(String),
      fc.string(),
      fc.date({ noInvalidDate: true }).map((d) => d.toISOString()),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.record(
          {
            expires_in: anything,
            expires_at: anything,
            earliest_refresh_at: anything,
            refresh_expires_in: anything,
          },
          { requiredKeys: [] },
        ),
        fc.oneof(
          fc.string(),
          anything.map((exp) => jwt({ exp })),
        ),
        (fields, token) => {
          const instants = [
            readExpiry(fields, token, NOW).expiresAt,
            readEarliestRefresh(fields, NOW),
            readRefreshExpiry(fields, NOW),
          ];
          for (const instant of instants.filter((value) => value !== undefined)) {
            expect(Number.isInteger(instant)).toBe(true);
            expect(instant).toBeGreaterThanOrEqual(NOW);
            expect(instant).toBeLessThanOrEqual(NOW + MAX_LIFETIME_S * 1000);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
