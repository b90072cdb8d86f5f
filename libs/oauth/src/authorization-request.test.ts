import { describe, expect, it } from 'vitest';
import { descriptor } from '../test/support.js';
import { buildAuthorizationUrl } from './authorization-request.js';
import { OAuthMisconfigured } from './descriptor.js';
import { createPkce, createState } from './pkce.js';

const redirectUri = 'http://127.0.0.1:8081/api/oauth/callback';

function build(overrides = {}, scopes?: string[]) {
  const pkce = createPkce();
  const state = createState();
  const request = { redirectUri, state, challenge: pkce.challenge, scopes };
  return { ...pkce, state, url: new URL(buildAuthorizationUrl(descriptor(overrides), request)) };
}

describe('authorization request', () => {
  it('R1 carries exactly the parameters of RFC 6749 4.1.1 and the redirect URI character for character', () => {
    const { url, state, challenge } = build();
    expect(url.origin + url.pathname).toBe('https://id.example/authorize');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'muxgate',
      redirect_uri: redirectUri,
      scope: 'llm.invoke offline_access',
      state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
  });

  it('P2 always asks for S256, whatever the extra parameters say', () => {
    const { url, challenge } = build({
      authorizeParams: {
        code_challenge_method: 'plain',
        code_challenge: 'x',
        state: 'fixed',
        prompt: 'consent',
      },
    });
    expect(url.searchParams.getAll('code_challenge_method')).toEqual(['S256']);
    expect(url.searchParams.getAll('code_challenge')).toEqual([challenge]);
    expect(url.searchParams.get('state')).not.toBe('fixed');
    expect(url.searchParams.get('prompt')).toBe('consent');
  });

  it('P4 P5 the URL never holds the verifier, and the state is not the verifier', () => {
    const { url, verifier, state } = build();
    expect(url.href).not.toContain(verifier);
    expect(state).not.toBe(verifier);
  });

  it('keeps the query of the endpoint, and takes narrower scopes or none', () => {
    expect(build({ authorizationUrl: 'https://id.example/a?tenant=7' }).url.searchParams.get('tenant')).toBe(
      '7',
    );
    expect(build({}, ['llm.invoke']).url.searchParams.get('scope')).toBe('llm.invoke');
    expect(build({ scopes: [] }).url.searchParams.has('scope')).toBe(false);
  });

  it.each([undefined, 'not a url', 'javascript:alert(1)'])('refuses the endpoint %s', (authorizationUrl) => {
    expect(() => build({ authorizationUrl })).toThrow(OAuthMisconfigured);
  });
});
