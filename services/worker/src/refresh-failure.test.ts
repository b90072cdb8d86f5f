import { TokenEndpointError } from '@muxgate/oauth';
import { describe, expect, it } from 'vitest';
import { settleFailure } from './refresh-failure.js';

const first = { failures: 0, unknownRotation: false };
const settle = (error: unknown, attempt = first) => settleFailure(error, attempt, 1);

describe('a failed refresh', () => {
  it('ends a credential only when the grant is dead', () => {
    const { failure } = settle(
      new TokenEndpointError('invalid_grant', { oauthError: 'refresh_token_reused' }),
    );
    expect(failure).toMatchObject({ status: 'reauthorization_required', code: 'refresh_token_reused' });
  });

  it('says that a rotation was lost when the grant died after an answer that never came', () => {
    const { failure } = settle(new TokenEndpointError('invalid_grant'), {
      failures: 1,
      unknownRotation: true,
    });
    expect(failure).toMatchObject({ status: 'reauthorization_required', code: 'rotation_lost' });
  });

  it('blocks a credential only when the provider says that it does not want us', () => {
    expect(settle(new TokenEndpointError('blocked')).failure.status).toBe('blocked_by_provider');
  });

  it.each([
    'invalid_client',
    'rate_limited',
    'unavailable',
    'ambiguous',
    'not_sent',
    'malformed',
    'other',
  ] as const)('is tried again when it is %s', (kind) => {
    const { failure } = settle(new TokenEndpointError(kind), { failures: 100, unknownRotation: false });
    expect(failure.status).toBe('refresh_failing');
    expect(failure.backoffMs).toBeLessThanOrEqual(kind === 'invalid_client' ? 90_000 : 60_000);
  });

  it('holds back the whole provider for a wrong client, and for as long as Retry-After says', () => {
    expect(settle(new TokenEndpointError('invalid_client')).providerPauseMs).toBe(30_000);
    const limited = settle(new TokenEndpointError('rate_limited', { retryAfterMs: 45_000 }));
    expect(limited.providerPauseMs).toBe(45_000);
    expect(limited.failure.backoffMs).toBeGreaterThanOrEqual(45_000);
    expect(settle(new TokenEndpointError('unavailable')).providerPauseMs).toBeUndefined();
  });

  it('leaves open whether the provider rotated when its answer was lost, until that is settled', () => {
    expect(settle(new TokenEndpointError('ambiguous')).failure.unknownRotation).toBe(true);
    expect(settle(new TokenEndpointError('unavailable')).failure.unknownRotation).toBe(false);
    const later = settle(new TokenEndpointError('unavailable'), { failures: 1, unknownRotation: true });
    expect(later.failure.unknownRotation).toBe(true);
  });

  it('shows operators no text that might hold a secret', () => {
    const { failure } = settle(new Error('request with refresh_token=secret failed'));
    expect(JSON.stringify(failure)).not.toContain('secret');
    expect(failure).toMatchObject({ status: 'refresh_failing', code: 'internal' });
  });
});
