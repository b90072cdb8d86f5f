import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox, type Sandbox } from '../../services/sandbox/src/sandbox.ts';
import { startRedis } from '../support/redis.ts';
import { connectCredential, startGateway, type TestGateway } from './gateway.support.ts';
import { connect, postJson } from './sandbox-client.ts';

const SURFACES = {
  messages: {
    path: '/v1/messages',
    body: { max_tokens: 500, messages: [{ role: 'user', content: 'hi' }] },
    failed: /event: error\ndata: \{"type":"error"/,
    ended: 'event: message_stop',
    delta: '"text_delta"',
  },
  chat: {
    path: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content: 'hi' }] },
    failed: /^data: \{"error":\{/m,
    ended: '[DONE]',
    delta: '"delta":{"content":"',
  },
  responses: {
    path: '/v1/responses',
    body: { input: 'hi' },
    failed: /event: (error|response\.failed)\n/,
    ended: 'event: response.completed',
    delta: 'event: response.output_text.delta',
  },
} as const;
const DIALECTS = {
  messages: { protocol: 'anthropic-messages', path: '', model: 'claude-sandbox-1' },
  chat: { protocol: 'openai-chat', path: '/v1', model: 'gpt-sandbox-1' },
  responses: { protocol: 'openai-responses', path: '/v1', model: 'gpt-sandbox-1' },
  gemini: { protocol: 'gemini', path: '/v1beta', model: 'gemini-sandbox-1' },
} as const;
const FAULTS = ['truncate', 'cut-json', 'second-start', 'mid-stream-error', 'reset', 'silence'] as const;
/** What each fault sends before it strikes is content, so a status of 200 went down. */
const STEERING = "x-sandbox-events: '10', x-sandbox-interval-ms: '1', x-sandbox-fail-after: '3'";

const surfaces = Object.keys(SURFACES) as (keyof typeof SURFACES)[];
const dialects = Object.keys(DIALECTS) as (keyof typeof DIALECTS)[];
const UNLIKE = surfaces.flatMap((surface) =>
  dialects.filter((dialect) => dialect !== surface).map((dialect) => [surface, dialect] as const),
);

function config(sandbox: string): string {
  const wishes = { flood: "x-sandbox-events: '20000', x-sandbox-interval-ms: '0'" } as Record<string, string>;
  for (const fault of FAULTS) wishes[fault] = `${STEERING}, x-sandbox-fail: ${fault}`;
  const pairs = dialects.flatMap((dialect) =>
    Object.entries(wishes).map(([wish, headers]) => ({ dialect, name: `${dialect}-${wish}`, headers })),
  );
  return `version: 1
oauthProviders:
  - { name: sandbox, grant: authorization_code, issuer: "${sandbox}", clientId: muxgate, clientAuthentication: none, scopes: [llm.invoke], allowPrivateNetwork: true }
providers:
${pairs
  .map(
    ({ dialect, name, headers }) =>
      `  - { name: ${name}, protocol: ${DIALECTS[dialect].protocol}, baseUrl: "${sandbox}${DIALECTS[dialect].path}", auth: { type: oauth, credential: sandbox }, headers: { ${headers} }, timeouts: { idleMs: 500 }, allowPrivateNetwork: true }\n`,
  )
  .join('')}models:
${pairs.map(({ dialect, name }) => `  - { name: ${name}, targets: [{ provider: ${name}, model: ${DIALECTS[dialect].model} }] }\n`).join('')}`;
}

describe('a vendor that breaks its stream, on a translated route', () => {
  let sandbox: Sandbox;
  let gateway: TestGateway;

  beforeAll(async () => {
    const redis = await startRedis();
    sandbox = await createSandbox({ host: '127.0.0.1', port: 0, accessTokenSeconds: 600 });
    gateway = await startGateway(redis.url, config(sandbox.url));
    await connectCredential(gateway.vault, 'sandbox', (await connect(sandbox.url)).access_token);
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await sandbox?.close();
  });

  const ask = async (surface: keyof typeof SURFACES, model: string) => {
    const { path, body } = SURFACES[surface];
    const answer = await postJson(
      gateway.url + path,
      { ...body, model, stream: true },
      { 'x-api-key': gateway.key, 'anthropic-version': '2023-06-01' },
    );
    return { status: answer.status, text: await answer.text() };
  };

  describe.each(UNLIKE)('%s from %s', (surface, dialect) => {
    const { failed, ended, delta } = SURFACES[surface];

    // streams of Chat Completions and Gemini have no event that begins them
    const faults = FAULTS.filter(
      (fault) => fault !== 'second-start' || dialect === 'messages' || dialect === 'responses',
    );

    it.each(faults)('%s ends in an error event, neither in a hang nor in a success', async (fault) => {
      const { status, text } = await ask(surface, `${dialect}-${fault}`);
      expect(status).toBe(200);
      expect(text).toContain(delta);
      expect(text).toMatch(failed);
      expect(text).not.toContain(ended);
    });

    it('a flood of 20,000 events comes through whole', async () => {
      const { text } = await ask(surface, `${dialect}-flood`);
      expect(text.split(delta).length - 1).toBe(20_000);
      expect(text).toContain(ended);
    });
  });
});
