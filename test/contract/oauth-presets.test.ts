import { AccessVault, KeyRing, StoredKeys } from '@muxgate/vault';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startWorker } from '../../services/worker/src/start-worker.js';
import { startAnthropic, type AnthropicSimulator } from '../simulators/anthropic.simulator.js';
import { startGitHub, type GitHubSimulator } from '../simulators/github.simulator.js';
import { startGoogle, TOS_VIOLATION, type GoogleSimulator } from '../simulators/google.simulator.js';
import { startMicrosoft } from '../simulators/microsoft.simulator.js';
import { startOpenAi, type OpenAiSimulator } from '../simulators/openai.simulator.js';
import { CLOUDFLARE_BLOCK, type Simulator } from '../simulators/simulator.js';
import { consent, startAuthWorld, type AuthWorld } from './auth-harness.js';

let world: AuthWorld;
let worker: Awaited<ReturnType<typeof startWorker>>;
let anthropic: AnthropicSimulator;
let openai: OpenAiSimulator;
let google: GoogleSimulator;
let github: GitHubSimulator;
let microsoft: Simulator;

beforeAll(async () => {
  [anthropic, openai, google, github, microsoft] = await Promise.all([
    startAnthropic(),
    startOpenAi(),
    startGoogle(),
    startGitHub(),
    startMicrosoft(),
  ]);
  world = await startAuthWorld({
    env: { GOOGLE_SECRET: 'GOCSPX-of-the-operator', ENTRA_SECRET: 'entra-secret' },
    providers: presetsYaml,
  });
  worker = await startWorker({
    ...world.environment,
    GOOGLE_SECRET: 'GOCSPX-of-the-operator',
    ENTRA_SECRET: 'entra-secret',
    LOG_LEVEL: 'silent',
  });
});
afterAll(async () => {
  for (const { run } of worker.stop) await run();
  await world.stop();
  for (const vendor of [anthropic, openai, google, github, microsoft]) await vendor.stop();
});
afterEach(() => {
  for (const vendor of [anthropic, openai, google, github, microsoft]) vendor.disturb = undefined;
});

/** Every preset as an operator would write it, but for the hosts. */
function presetsYaml(sandboxUrl: string): string {
  const terms = 'acknowledgeTerms: true';
  const local = 'allowPrivateNetwork: true';
  return `
  - { name: max, preset: anthropic-max, ${terms}, ${local}, tokenUrl: "${anthropic.url}/v1/oauth/token" }
  - { name: console, preset: anthropic-console, ${terms}, ${local}, tokenUrl: "${anthropic.url}/v1/oauth/token", apiUrl: "${anthropic.url}" }
  - { name: codex, preset: openai-codex, ${terms}, ${local}, tokenUrl: "${openai.url}/oauth/token", revocationUrl: "${openai.url}/oauth/revoke" }
  - { name: codex-device, preset: openai-codex, ${terms}, ${local}, grant: device_code, tokenUrl: "${openai.url}/oauth/token", deviceAuthorizationUrl: "${openai.url}/api/accounts/deviceauth/usercode" }
  - { name: chatgpt, preset: openai-chatgpt, ${local}, issuer: "${openai.url}" }
  - { name: gemini, preset: google-gemini, ${terms}, ${local}, clientId: operator.apps.example, clientSecret: "\${GOOGLE_SECRET}", tokenUrl: "${google.url}/token", revocationUrl: "${google.url}/revoke", apiUrl: "${google.url}" }
  - { name: copilot, preset: github-copilot, ${local}, clientId: Iv1.operator, tokenUrl: "${github.url}/login/oauth/access_token", deviceAuthorizationUrl: "${github.url}/login/device/code" }
  - { name: entra, preset: microsoft-entra, ${local}, tenant: contoso.onmicrosoft.com, clientId: app, clientSecret: "\${ENTRA_SECRET}", tokenUrl: "${microsoft.url}/contoso.onmicrosoft.com/oauth2/v2.0/token" }
  - { name: oidc, preset: generic-oidc, ${local}, issuer: "${sandboxUrl}", clientId: muxgate, scopes: [openid, offline_access, llm.invoke], authorizeParams: { prompt: consent } }
`;
}

async function begin(provider: string, credential = provider) {
  const answer = await world.call('POST', '/api/oauth/authorize', { body: { provider, credential } });
  expect(answer.json).toMatchObject({ provider, credential });
  return answer.json as { url: string; state: string; completion: string; userCode?: string };
}
const exchange = (body: object) => world.call('POST', '/api/oauth/exchange', { body });
const tokenOf = async (credential: string) =>
  (await world.call('GET', `/api/oauth/tokens/${credential}`)).json;
/** Again where the store was too slow for the machine that the tests share. */
async function refresh(credential: string) {
  for (;;) {
    const answer = await world.call('POST', `/api/oauth/tokens/${credential}/refresh`);
    if (answer.json.code !== 'store_unavailable') return answer;
    await unforce(credential);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
const grantOf = (credential: string) =>
  new AccessVault(world.redis, KeyRing.parse(world.accessKey)).readAccess(credential);
const storedKey = (credential: string) =>
  new StoredKeys(world.redis, KeyRing.parse(world.accessKey)).read(credential);
/** A forced refresh is granted once a minute; the tests do not wait for it. */
const unforce = (credential: string) => world.redis.hdel(`muxgate:{c:${credential}}:access`, 'forcedAt');

describe('every preset', () => {
  it('shows its terms, and no secret, in the list of OAuth providers', async () => {
    const { json, text } = await world.call('GET', '/api/oauth/providers');
    const notices = Object.fromEntries(
      json.items.map((item: { name: string; termsNotice?: string }) => [item.name, item.termsNotice]),
    );
    for (const name of ['max', 'console', 'codex', 'chatgpt', 'gemini', 'copilot']) {
      expect(notices[name]).toMatch(/\w{3}/);
    }
    expect(text).not.toContain('GOCSPX');
    expect(world.logs.filter((line) => line.includes('termsNotice')).length).toBeGreaterThanOrEqual(6);
  });
});

describe('anthropic-max', () => {
  it('connects by a pasted code#state, in JSON with the state, and keeps the account', async () => {
    const { url, completion, state } = await begin('max');
    expect(completion).toBe('paste');
    expect(new URL(url).searchParams.get('code')).toBe('true');
    const done = await exchange({ code: anthropic.consent(url) });
    expect(done.status).toBe(200);
    expect(done.json).toMatchObject({ account: 'dev@acme.example', status: 'active' });
    const sent = anthropic.seen.at(-1);
    expect(sent?.contentType).toContain('application/json');
    expect(sent?.body).toMatchObject({ state, grant_type: 'authorization_code' });
  });

  it('sends our own User-Agent, at every turn', async () => {
    expect(anthropic.seen.length).toBeGreaterThan(0);
    for (const { headers } of anthropic.seen) expect(headers['user-agent']).toMatch(/^muxgate\//i);
  });

  it.each([
    ['404', { status: 404, body: { type: 'error', error: { type: 'not_found_error', message: 'x' } } }],
    ['429', { status: 429, body: { type: 'error', error: { type: 'rate_limit_error', message: 'x' } } }],
    ['a page of its firewall', CLOUDFLARE_BLOCK],
  ])(
    'a refresh that is turned away by %s blocks the credential, and is not tried again',
    async (_, reply) => {
      await unforce('max');
      await exchange({ code: anthropic.consent((await begin('max')).url) });
      anthropic.disturb = () => reply;
      const before = anthropic.seen.length;
      const answer = await refresh('max');
      expect([answer.status, answer.json.code]).toEqual([409, 'blocked_by_provider']);
      expect((await tokenOf('max')).status).toBe('blocked_by_provider');
      expect(anthropic.seen.length).toBe(before + 1);
      expect(await world.redis.zscore('muxgate:due', 'max')).toBeNull();
    },
  );

  it('a limit with Retry-After is a limit', async () => {
    await exchange({ code: anthropic.consent((await begin('max', 'limited')).url) });
    anthropic.disturb = () => ({ status: 429, headers: { 'retry-after': '7' }, body: {} });
    await refresh('limited');
    expect((await tokenOf('limited')).status).toBe('refresh_failing');
  });
});

describe('anthropic-console', () => {
  const connectConsole = async (credential: string) => {
    const done = await exchange({ code: anthropic.consent((await begin('console', credential)).url) });
    expect(done.status).toBe(200);
    return tokenOf(credential);
  };

  it('has an API key made, and keeps it sealed as a stored key', async () => {
    expect((await connectConsole('made')).notes).toEqual({ apiKey: 'stored' });
    expect((await storedKey('made'))?.value).toBe('sk-ant-api03-simulated-key');
    const listed = await world.call('GET', '/api/credentials/made');
    expect(listed.status).toBe(200);
    expect(listed.text).not.toContain('simulated-key');
    expect(world.logs.join('')).not.toContain('simulated-key');
  });

  it('T9 asks for no key where the granted scope does not cover it', async () => {
    anthropic.scopes = 'user:profile';
    const asked = anthropic.seen.length;
    const { notes } = await connectConsole('stripped');
    expect(notes.apiKey).toContain('org:create_api_key was not granted');
    expect(anthropic.seen.length).toBe(asked + 1);
    expect(await storedKey('stripped')).toBeUndefined();
    anthropic.scopes = 'org:create_api_key user:profile';
  });

  it('says so when the answer holds no key, and when the Console refuses', async () => {
    anthropic.key = { ok: true };
    expect((await connectConsole('keyless')).notes.apiKey).toContain('sent no key');
    anthropic.disturb = ({ path }) =>
      path.endsWith('create_api_key')
        ? { status: 403, body: { type: 'error', error: { type: 'permission_error', message: 'x' } } }
        : undefined;
    const refused = await connectConsole('refused');
    expect([refused.status, refused.notes.followUp]).toEqual(['active', 'token_endpoint_other']);
  });
});

describe('openai-codex', () => {
  it('connects by paste on the fixed redirect, reads the expiry and the account from the JWT', async () => {
    const { url } = await begin('codex');
    expect(new URL(url).searchParams.get('redirect_uri')).toBe('http://localhost:1455/auth/callback');
    expect(new URL(url).searchParams.get('originator')).toBe('muxgate');
    const done = await exchange({ redirectUrl: await openai.consent(url) });
    expect(done.json).toMatchObject({ status: 'active', account: 'dev@acme.example' });
    expect(Date.parse(done.json.expiresAt) - Date.now()).toBeGreaterThan(9 * 86_400_000);
    expect((await grantOf('codex'))?.facts).toEqual({ accountId: 'acct_1' });
  });

  it('T13 a nested refresh_token_reused ends the credential', async () => {
    openai.disturb = () => ({ status: 401, body: { error: { code: 'refresh_token_reused' } } });
    const answer = await refresh('codex');
    expect([answer.status, answer.json.code]).toEqual([409, 'reauthorization_required']);
  });

  it('connects by its own device flow', async () => {
    const begun = await begin('codex-device');
    expect(begun).toMatchObject({ completion: 'device', userCode: 'ABCD-1234' });
    openai.enter('ABCD-1234');
    await expect
      .poll(async () => (await world.call('GET', `/api/oauth/authorize/${begun.state}`)).json.status, {
        timeout: 30_000,
        interval: 200,
      })
      .toBe('connected');
    expect((await grantOf('codex-device'))?.facts).toEqual({ accountId: 'acct_1' });
  });
});

describe('openai-chatgpt', () => {
  afterEach(() => {
    openai.lie = {};
  });
  const clientsAsked = () =>
    openai.seen.filter(({ path }) => path === '/oauth/token').map(({ body }) => body);

  it('F7 keeps the client id that the callback issues, for exchange, refresh, re-connect and revocation', async () => {
    const first = await begin('chatgpt');
    const asked = new URL(first.url).searchParams;
    expect(asked.get('client_id')).toBe('dynamic_agent_client');
    expect(asked.get('ext_agent_host_id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(asked.get('nonce')).toMatch(/^[\w-]{43}$/);
    const done = await exchange({ redirectUrl: await openai.consent(first.url) });
    expect(done.json).toMatchObject({ status: 'active', account: 'dev@acme.example' });
    expect(clientsAsked().at(-1)).toMatchObject({ client_id: 'agent_issued' });

    const again = new URL((await begin('chatgpt')).url).searchParams;
    expect(again.get('client_id')).toBe('agent_issued');
    expect(again.has('ext_agent_host_id')).toBe(false);

    await world.redis.hset('muxgate:{c:chatgpt}:access', 'earliestRefreshAt', '0');
    await refresh('chatgpt');
    expect(clientsAsked().at(-1)).toMatchObject({ client_id: 'agent_issued', grant_type: 'refresh_token' });
    expect((await tokenOf('chatgpt')).generation).toBe(2);

    const forgotten = await world.call('DELETE', '/api/oauth/tokens/chatgpt');
    expect(forgotten.json).toMatchObject({ revoked: true });
    const revoked = openai.seen.filter(({ path }) => path === '/oauth/revoke');
    expect(revoked[0]?.body).toMatchObject({ client_id: 'agent_issued', token_type_hint: 'refresh_token' });
  });

  it('is not refreshed before earliest_refresh_at', async () => {
    const begun = await begin('chatgpt', 'patient');
    await exchange({ redirectUrl: await openai.consent(begun.url) });
    const { refreshAt } = await tokenOf('patient');
    expect(Date.parse(refreshAt) - Date.now()).toBeGreaterThan(2_990_000);
  });

  it.each([
    ['issuer', { iss: 'https://evil.example' }],
    ['audience', { aud: 'someone-else' }],
    ['nonce', { nonce: 'of-another' }],
  ])('T18 an id_token with another %s connects nothing', async (_, lie) => {
    openai.lie = lie;
    const begun = await begin('chatgpt', 'lied-to');
    const answer = await exchange({ redirectUrl: await openai.consent(begun.url) });
    expect([answer.status, answer.json.code]).toEqual([502, 'id_token_invalid']);
    expect((await world.call('GET', '/api/oauth/tokens/lied-to')).status).toBe(404);
  });
});

describe('google-gemini', () => {
  const connectGoogle = async (credential: string) => {
    const { url, completion } = await begin('gemini', credential);
    expect(completion).toBe('callback');
    const done = await fetch(google.consent(url));
    expect(done.status).toBe(200);
    return tokenOf(credential);
  };

  it("connects by callback with the operator's own client, and notes the project", async () => {
    const token = await connectGoogle('gemini');
    expect(token.notes).toEqual({ tier: 'standard-tier', project: 'acme-project' });
    expect(token.refreshExpiresAt).toBeDefined();
  });

  it('T11 keeps the refresh token that a refresh does not repeat', async () => {
    for (const generation of [2, 3]) {
      await unforce('gemini');
      await world.redis.hset('muxgate:{c:gemini}:access', 'lastRefreshAt', '0');
      expect((await refresh('gemini')).json.generation).toBe(generation);
    }
  });

  it('connects without a refresh token where Google leaves it out', async () => {
    google.omitsRefreshToken = true;
    expect((await connectGoogle('short')).status).toBe('active');
    google.omitsRefreshToken = false;
  });

  it('onboards a new account, naming no project for the free tier', async () => {
    google.codeAssist = {
      body: { allowedTiers: [{ id: 'free-tier', isDefault: true }], cloudaicompanionProject: 'not-for-free' },
    };
    expect((await connectGoogle('new')).notes).toEqual({ tier: 'free-tier', project: 'made-project' });
  });

  it('a TOS_VIOLATION of Code Assist blocks the credential, which stays stored', async () => {
    google.codeAssist = TOS_VIOLATION;
    const token = await connectGoogle('suspended');
    expect(token).toMatchObject({ status: 'blocked_by_provider', generation: 1 });
    expect(token.lastError.code).toBe('token_endpoint_blocked');
  });
});

describe('github-copilot', () => {
  it("connects by device code with the operator's own app, and refreshes a GitHub App's token", async () => {
    const begun = await begin('copilot');
    expect(begun).toMatchObject({ completion: 'device', userCode: 'WDJB-MJHT' });
    await expect
      .poll(async () => (await world.call('GET', `/api/oauth/authorize/${begun.state}`)).json.status, {
        timeout: 30_000,
        interval: 200,
      })
      .toBe('connected');
    const token = await tokenOf('copilot');
    expect(Math.round((Date.parse(token.expiresAt) - Date.now()) / 3_600_000)).toBe(8);
    expect(token.refreshExpiresAt).toBeDefined();
    expect((await refresh('copilot')).json.generation).toBe(2);
  });

  it("takes an OAuth App's token, whose end GitHub does not name, to live for a year", async () => {
    github.expires = false;
    const { state } = await begin('copilot', 'lasting');
    await expect
      .poll(async () => (await world.call('GET', `/api/oauth/authorize/${state}`)).json.status, {
        timeout: 30_000,
        interval: 200,
      })
      .toBe('connected');
    expect(Date.parse((await tokenOf('lasting')).expiresAt) - Date.now()).toBeGreaterThan(360 * 86_400_000);
  });

  it('D4 stops where the person refuses, which GitHub says under status 200', async () => {
    github.decision = 'denied';
    const { state } = await begin('copilot', 'refused-copilot');
    await expect
      .poll(async () => (await world.call('GET', `/api/oauth/authorize/${state}`)).json.status, {
        timeout: 30_000,
        interval: 200,
      })
      .toBe('denied');
  });
});

describe('microsoft-entra and generic-oidc', () => {
  it('client credentials connect by themselves, and are granted again without a refresh token', async () => {
    await expect
      .poll(async () => (await world.call('GET', '/api/oauth/tokens/entra')).status, { timeout: 20_000 })
      .toBe(200);
    expect((await refresh('entra')).json).toMatchObject({ generation: 2, status: 'active' });
    expect(microsoft.seen.every(({ body }) => body['grant_type'] === 'client_credentials')).toBe(true);
  });

  it('T18 generic-oidc verifies the id_token of a real server (oidc-provider)', async () => {
    const back = await consent((await begin('oidc')).url);
    const done = await fetch(back);
    expect(done.status).toBe(200);
    expect((await tokenOf('oidc')).account).toContain('sandbox-user');
  });
});
