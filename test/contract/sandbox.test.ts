import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../services/sandbox/src/sandbox.js';
import { browse, connect, discover, insecure, refresh, REDIRECT_URI } from './sandbox-client.js';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 60 });
});
afterAll(() => sandbox.close());

function models(token: string | undefined): Promise<Response> {
  return fetch(`${sandbox.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
}
function control(path: string, body: object): Promise<Response> {
  return fetch(`${sandbox.url}/sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
async function stats(): Promise<{
  oauth: Record<string, number> & { tokenRequests: Record<string, number> };
}> {
  return (await (await fetch(`${sandbox.url}/sandbox/stats`)).json()) as never;
}

describe('authorization code', () => {
  it('ends in a token set that carries llm.invoke, a rotating refresh token and the promised life', async () => {
    const tokens = await connect(sandbox.url);
    expect(tokens.scope?.split(' ')).toContain('llm.invoke');
    expect(tokens.expires_in).toBe(60);
    expect(tokens.refresh_token).toBeTypeOf('string');
    expect((await models(tokens.access_token)).status).toBe(200);
  });
});
void [oauth, browse, discover, insecure, refresh, REDIRECT_URI, control, stats];
