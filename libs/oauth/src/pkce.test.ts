import { describe, expect, it } from 'vitest';
import { challengeOf, createPkce, createState } from './pkce.js';

describe('PKCE and state', () => {
  it('P1 verifiers have 43 to 128 unreserved characters and never repeat in 10,000', () => {
    const verifiers = new Set(Array.from({ length: 10_000 }, () => createPkce().verifier));
    expect(verifiers.size).toBe(10_000);
    for (const verifier of verifiers) expect(verifier).toMatch(/^[A-Za-z0-9\-._~]{43,128}$/);
  });

  it('P6 the challenge is the S256 of RFC 7636 appendix B', () => {
    expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });

  it('P3 every pair is fresh and its challenge belongs to its verifier', () => {
    const [one, other] = [createPkce(), createPkce()];
    expect(one.verifier).not.toBe(other.verifier);
    expect(one.challenge).toBe(challengeOf(one.verifier));
  });

  it('S1 states have at least 128 bits and never repeat in 10,000', () => {
    const states = new Set(Array.from({ length: 10_000 }, createState));
    expect(states.size).toBe(10_000);
    for (const state of states) expect(Buffer.from(state, 'base64url').length).toBeGreaterThanOrEqual(16);
  });
});
