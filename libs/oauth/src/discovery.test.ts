import { describe, expect, it } from 'vitest';
import { descriptor, failing, rejection, replying, type Reply } from '../test/support.js';
import { type OAuthClientDescriptor, OAuthMisconfigured } from './descriptor.js';
import { DiscoveryFailed, resolveEndpoints } from './discovery.js';

const JSON_TYPE = { 'content-type': 'application/json' };

function bare(overrides: Partial<OAuthClientDescriptor> = {}) {
  return descriptor({
    authorizationUrl: undefined,
    tokenUrl: undefined,
    revocationUrl: undefined,
    deviceAuthorizationUrl: undefined,
    ...overrides,
  });
}

function metadata(overrides: object = {}): Reply {
  const issuer = 'https://id.example';
  const body = {
    issuer,
    authorization_endpoint: `${issuer}/a`,
    token_endpoint: `${issuer}/t`,
    revocation_endpoint: `${issuer}/r`,
    ...overrides,
  };
  return { headers: JSON_TYPE, body };
}

describe('discovery', () => {
  it('finds the endpoints and the iss flag, and keeps what is configured', async () => {
    const http = replying(metadata({ authorization_response_iss_parameter_supported: true }));
    const resolved = await resolveEndpoints(bare({ revocationUrl: 'https://own.example/r' }), http);
    expect(resolved).toMatchObject({
      authorizationUrl: 'https://id.example/a',
      tokenUrl: 'https://id.example/t',
      revocationUrl: 'https://own.example/r',
      issParameterSupported: true,
      clientId: 'muxgate',
    });
    expect(http.requests[0]).toMatchObject({
      method: 'GET',
      url: 'https://id.example/.well-known/openid-configuration',
    });
  });

  it('D8 OIDC appends to the path of the issuer, RFC 8414 inserts before it', async () => {
    const http = replying({ status: 404 });
    await rejection(resolveEndpoints(bare({ issuer: 'https://id.example/tenant/7' }), http));
    expect(http.requests.map(({ url }) => url)).toEqual([
      'https://id.example/tenant/7/.well-known/openid-configuration',
      'https://id.example/.well-known/oauth-authorization-server/tenant/7',
    ]);
  });

  it('falls back to RFC 8414 when the OIDC document is missing or is not one', async () => {
    for (const first of [
      { status: 404 },
      { body: '<html>' },
      { headers: JSON_TYPE, body: '[]' },
      { status: 500 },
    ]) {
      expect(await resolveEndpoints(bare(), replying(first, metadata()))).toMatchObject({
        tokenUrl: 'https://id.example/t',
      });
    }
  });

  it.each([
    'https://id.example/',
    'https://ID.example',
    'https://id.example:443',
    'https://evil.example',
    'https://id.example/x',
  ])('D8 refuses metadata of issuer %s for https://id.example', async (issuer) => {
    const error = await rejection(resolveEndpoints(bare(), replying(metadata({ issuer }))));
    expect(error).toBeInstanceOf(DiscoveryFailed);
    expect(String(error)).toMatch(/names another issuer/);
    expect(String(error)).not.toContain('evil');
  });

  it.each([
    { token_endpoint: 'http://id.example/t' },
    { revocation_endpoint: 'no url' },
    { token_endpoint: 'file:///etc/passwd' },
  ])('D8 never follows an https issuer to %j', async (overrides) => {
    expect(await rejection(resolveEndpoints(bare(), replying(metadata(overrides))))).toBeInstanceOf(
      DiscoveryFailed,
    );
  });

  it('a loopback issuer may speak http throughout', async () => {
    const issuer = 'http://127.0.0.1:9100';
    const reply = metadata({ issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t` });
    expect(await resolveEndpoints(bare({ issuer }), replying(reply))).toMatchObject({
      tokenUrl: `${issuer}/t`,
    });
  });

  it('P2 refuses a server that offers PKCE without S256, but not for grants without PKCE', async () => {
    const plain = metadata({ code_challenge_methods_supported: ['plain'] });
    expect(await rejection(resolveEndpoints(bare(), replying(plain)))).toBeInstanceOf(OAuthMisconfigured);
    expect(await resolveEndpoints(bare({ grant: 'client_credentials' }), replying(plain))).toHaveProperty(
      'tokenUrl',
    );
    const both = metadata({ code_challenge_methods_supported: ['plain', 'S256'] });
    expect(await resolveEndpoints(bare(), replying(both))).toHaveProperty('tokenUrl');
  });

  it('asks nobody when every endpoint that the grant needs is configured', async () => {
    const http = replying(metadata());
    expect(await resolveEndpoints(descriptor(), http)).toMatchObject({ issParameterSupported: false });
    await resolveEndpoints(bare({ grant: 'client_credentials', tokenUrl: 'https://id.example/token' }), http);
    expect(http.requests).toHaveLength(0);
  });

  it('T15 a redirect is no metadata', async () => {
    const redirect = { status: 302, headers: { location: 'https://evil.example' } };
    expect(await rejection(resolveEndpoints(bare(), replying(redirect)))).toBeInstanceOf(DiscoveryFailed);
  });

  it('tells a misconfigured descriptor from a server that is not there', async () => {
    for (const odd of [{ issuer: undefined }, { issuer: 'no url' }]) {
      expect(await rejection(resolveEndpoints(bare(odd), replying(metadata())))).toBeInstanceOf(
        OAuthMisconfigured,
      );
    }
    const down = await rejection(resolveEndpoints(bare(), failing(false, 'ECONNREFUSED')));
    expect(down).toBeInstanceOf(DiscoveryFailed);
    expect(down).toMatchObject({ status: 502, cause: { sent: false } });
    const lacking = metadata({ token_endpoint: undefined });
    expect(await rejection(resolveEndpoints(bare(), replying(lacking)))).toBeInstanceOf(OAuthMisconfigured);
  });
});
