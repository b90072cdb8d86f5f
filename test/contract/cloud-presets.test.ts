import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { parseConfig } from '@muxgate/config';
import { presetNamed, PROVIDER_PRESETS } from '@muxgate/providers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { answerBedrock, awsSignature } from './bedrock.simulator.ts';
import { json, startGateway, startUpstream, type FakeUpstream, type TestGateway } from './gateway.support.ts';
import { answerGemini } from './gemini.simulator.ts';
import { answerVertexClaude } from './vertex-claude.simulator.ts';

const KEY = 'vendor-key';
const AWS = { id: 'AKIAEXAMPLE', secret: 'aws-secret', session: 'aws-session' };
const CLAUDE = 'eu.anthropic.claude-sonnet-4-5-v1:0';
const LOCATION = '/v1/projects/p-1/locations/europe-west4';
const VERTEX = `${LOCATION}/publishers/google`;
const QUESTION = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'weather in Oslo?' }] };
const TOOLS = [
  {
    name: 'weather',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } },
  },
];

/** What every one of the simulators answers, in its own words. */
const EXPECTED = {
  content: [
    { type: 'text', text: 'Let me look.' },
    { type: 'tool_use', name: 'weather', input: { city: 'Oslo' } },
  ],
  stop_reason: 'tool_use',
  usage: { input_tokens: 20, output_tokens: 9 },
};

/** Workload identity federation: a token of another issuer, in a file, is exchanged for one of Google's. */
async function writeWorkloadIdentity(directory: string, tokenUrl: string): Promise<string> {
  const subject = join(directory, 'subject-token');
  const file = join(directory, 'credentials.json');
  await writeFile(subject, 'token-of-the-workload');
  const configured = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/k8s',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: tokenUrl,
    credential_source: { file: subject },
  };
  await writeFile(file, JSON.stringify(configured));
  return file;
}

/** Providers as an operator writes them, but with the simulator at the vendor's path. */
function configuration(simulator: string): string {
  const key = '{ type: apiKey, value: "${VENDOR_KEY}" }';
  const gemini = new URL(presetNamed(PROVIDER_PRESETS, 'gemini')!.baseUrl!).pathname;
  const bedrock = `preset: bedrock, baseUrl: "${simulator}"`;
  const providers = [
    ['gemini', `preset: gemini, baseUrl: "${simulator}${gemini}", auth: ${key}`, 'vendor-model'],
    ['vertex', `preset: vertex, baseUrl: "${simulator}${VERTEX}", auth: { type: none }`, 'gemini-2.5-pro'],
    ['vertex-key', `preset: vertex, baseUrl: "${simulator}${VERTEX}", auth: ${key}`, 'gemini-2.5-pro'],
    [
      'vertex-claude',
      `preset: vertex-anthropic, baseUrl: "${simulator}${LOCATION}/publishers/anthropic", auth: { type: none }`,
      'claude-sonnet-4-5@20250929',
    ],
    ['bedrock', `${bedrock}, auth: { type: none }`, CLAUDE],
    ['bedrock-key', `${bedrock}, auth: ${key}`, CLAUDE],
    ['bedrock-cut', `${bedrock}, auth: ${key}`, 'cut'],
  ];
  return [
    'version: 1',
    'providers:',
    ...providers.map(([name, fields]) => `  - { name: ${name}, ${fields}, allowPrivateNetwork: true }`),
    'models:',
    ...providers.map(
      ([name, , model]) => `  - { name: ${name}, targets: [{ provider: ${name}, model: "${model}" }] }`,
    ),
  ].join('\n');
}

describe('presets of protocols that requests are translated to', () => {
  let vendor: FakeUpstream;
  let tokens: FakeUpstream;
  let directory: string;
  let gateway: TestGateway;
  let client: Anthropic;

  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', AWS.id);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', AWS.secret);
    vi.stubEnv('AWS_SESSION_TOKEN', AWS.session);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'of-no-concern');
    vi.stubEnv('GOOGLE_VERTEX_API_KEY', 'of-no-concern');
    tokens = await startUpstream(
      json(200, {
        access_token: 'google-token',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 3600,
      }),
    );
    directory = await mkdtemp(join(tmpdir(), 'muxgate-'));
    vi.stubEnv(
      'GOOGLE_APPLICATION_CREDENTIALS',
      await writeWorkloadIdentity(directory, `${tokens.url}/v1/token`),
    );
    const redis = await startRedis();
    vendor = await startUpstream((received, res) => {
      if (received.url.includes('/converse')) answerBedrock(received, res);
      else if (received.url.includes('/publishers/anthropic/')) answerVertexClaude(received, res);
      else answerGemini(received, res);
    });
    const snapshot = parseConfig(configuration(vendor.url), { VENDOR_KEY: KEY });
    gateway = await startGateway(redis.url, 'version: 1', { snapshot });
    client = new Anthropic({ baseURL: gateway.url, apiKey: gateway.key, maxRetries: 0 });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await gateway?.shutDown();
    await vendor?.close();
    await tokens?.close();
    if (directory !== undefined) await rm(directory, { recursive: true });
  });
  beforeEach(() => {
    vendor.received.length = 0;
  });

  const ask = (model: string, streaming: boolean): Promise<Anthropic.Message> =>
    streaming
      ? client.messages.stream({ model, tools: TOOLS, ...QUESTION }).finalMessage()
      : client.messages.create({ model, tools: TOOLS, ...QUESTION });

  describe.each([true, false])('streaming: %s', (streaming) => {
    it('gemini takes its key in x-goog-api-key', async () => {
      expect(await ask('gemini', streaming)).toMatchObject(EXPECTED);
      const { url, headers } = vendor.received[0]!;
      expect(url).toBe(
        streaming
          ? '/v1beta/models/vendor-model:streamGenerateContent?alt=sse'
          : '/v1beta/models/vendor-model:generateContent',
      );
      expect(headers['x-goog-api-key']).toBe(KEY);
      expect(headers.authorization).toBeUndefined();
    });

    it('vertex carries a token of the application default credentials', async () => {
      expect(await ask('vertex', streaming)).toMatchObject(EXPECTED);
      const { url, headers } = vendor.received[0]!;
      expect(url).toBe(
        `${VERTEX}/models/gemini-2.5-pro:${streaming ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
      );
      expect(headers.authorization).toBe('Bearer google-token');
      expect(headers['x-goog-api-key']).toBeUndefined();
    });

    it('vertex takes a key of express mode in x-goog-api-key', async () => {
      expect(await ask('vertex-key', streaming)).toMatchObject(EXPECTED);
      const { headers } = vendor.received[0]!;
      expect(headers['x-goog-api-key']).toBe(KEY);
      expect(headers.authorization).toBeUndefined();
    });

    it('Claude at vertex has its model in the path, and keeps its thoughts', async () => {
      const thought = { type: 'thinking', thinking: 'Oslo is in Norway.', signature: 'sig-1' } as const;
      const answer = await ask('vertex-claude', streaming);
      expect(answer).toMatchObject({ ...EXPECTED, content: [thought, ...EXPECTED.content] });
      const { url, headers, body } = vendor.received[0]!;
      expect(url).toBe(
        `${LOCATION}/publishers/anthropic/models/claude-sonnet-4-5@20250929:${streaming ? 'streamRawPredict' : 'rawPredict'}`,
      );
      expect(headers.authorization).toBe('Bearer google-token');
      const sent = JSON.parse(body.toString()) as Record<string, unknown>;
      expect(sent).toMatchObject({ anthropic_version: 'vertex-2023-10-16', max_tokens: 100 });
      expect(sent).not.toHaveProperty('model');
    });

    it('bedrock is signed with what the default chain of AWS finds', async () => {
      expect(await ask('bedrock', streaming)).toMatchObject(EXPECTED);
      const received = vendor.received[0]!;
      const action = streaming ? 'converse-stream' : 'converse';
      expect(received.url).toBe(`/model/${encodeURIComponent(CLAUDE)}/${action}`);
      expect(received.headers['x-amz-security-token']).toBe(AWS.session);
      expect(received.headers.authorization).toMatch(/SignedHeaders=\S*host;\S*x-amz-date/);
      expect(received.headers.authorization).toBe(awsSignature(received, 'eu-central-1', AWS.secret, AWS.id));
    });

    it('bedrock takes an API key as a bearer token', async () => {
      expect(await ask('bedrock-key', streaming)).toMatchObject(EXPECTED);
      const { headers } = vendor.received[0]!;
      expect(headers.authorization).toBe(`Bearer ${KEY}`);
      expect(headers).not.toHaveProperty('x-amz-security-token');
    });
  });

  it('the workload’s identity is exchanged once, not for every request', async () => {
    await ask('vertex', false);
    await ask('vertex', true);
    expect(tokens.received.map(({ url }) => url)).toEqual(['/v1/token']);
    expect(new URLSearchParams(tokens.received[0]!.body.toString()).get('subject_token')).toBe(
      'token-of-the-workload',
    );
  });

  it.each(['vertex-claude', 'bedrock'])(
    'marks of the prompt cache and signed thoughts reach Claude at %s',
    async (model) => {
      const cache_control = { type: 'ephemeral', ttl: '1h' } as const;
      const { response } = await client.messages
        .create({
          model,
          max_tokens: 9_000,
          thinking: { type: 'enabled', budget_tokens: 2_000 },
          tools: TOOLS,
          system: [{ type: 'text', text: 'Be brief.', cache_control }],
          messages: [
            ...QUESTION.messages,
            {
              role: 'assistant',
              content: [
                { type: 'thinking', thinking: 'Oslo it is.', signature: 'sig-0' },
                { type: 'tool_use', id: 'toolu_0', name: 'weather', input: { city: 'Oslo' } },
              ],
            },
            {
              role: 'user',
              content: [{ type: 'tool_result', tool_use_id: 'toolu_0', content: 'rain', cache_control }],
            },
          ],
        })
        .withResponse();
      expect(response.headers.get('x-muxgate-dropped')).toBeNull();
      const sent = JSON.parse(vendor.received[0]!.body.toString()) as Record<string, unknown>;
      const mark = model === 'bedrock' ? { cachePoint: { type: 'default', ttl: '1h' } } : { cache_control };
      expect(JSON.stringify(sent).split(JSON.stringify(mark).slice(1, -1))).toHaveLength(3);
      expect(JSON.stringify(sent['messages'])).toContain('"signature":"sig-0"');
      const thinking = { type: 'enabled', budget_tokens: 2_000 };
      expect(sent).toMatchObject(
        model === 'bedrock'
          ? { inferenceConfig: { maxTokens: 9_000 }, additionalModelRequestFields: { thinking } }
          : { max_tokens: 9_000, thinking },
      );
    },
  );

  it('a stream of bedrock that breaks off is an error', async () => {
    await expect(ask('bedrock-cut', true)).rejects.toThrow('ended before its end');
  });
});
