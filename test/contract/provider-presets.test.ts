import { parseConfig } from '@muxgate/config';
import { presetNamed, protocolsOf, PROVIDER_PRESETS } from '@muxgate/providers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import { post, startGateway, startUpstream, type FakeUpstream, type TestGateway } from './gateway.support.ts';
import * as shapes from './provider-shapes.ts';

const KEY = 'vendor-key';
const SURFACES = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};
const BEARER = { authorization: `Bearer ${KEY}` };
const X_API_KEY = { 'x-api-key': KEY };
const API_KEY = { 'api-key': KEY };

interface Row {
  readonly preset: string;
  /** as the vendor's documentation has it in its curl lines */
  readonly url: string;
  /** that the vendor takes the key in */
  readonly key: Readonly<Record<string, string>>;
  readonly shape: shapes.Shape;
  /** that the vendor demands beside the key */
  readonly headers?: Readonly<Record<string, string>>;
}

const row = (preset: string, url: string, key: Row['key'], shape: shapes.Shape, headers = {}): Row => ({
  preset,
  url,
  key,
  shape,
  headers,
});
const VERSION = { 'anthropic-version': '2023-06-01' };
const { ANTHROPIC_MESSAGES, LATE_MESSAGES, PLAIN_MESSAGES } = shapes;
const { OPENAI_RESPONSES, PLAIN_RESPONSES } = shapes;

const ROWS: readonly Row[] = [
  row('anthropic', 'https://api.anthropic.com/v1/messages', X_API_KEY, ANTHROPIC_MESSAGES, VERSION),
  row('baseten-anthropic', 'https://inference.baseten.co/v1/messages', BEARER, PLAIN_MESSAGES),
  row('deepseek-anthropic', 'https://api.deepseek.com/anthropic/v1/messages', X_API_KEY, ANTHROPIC_MESSAGES),
  row('fireworks-anthropic', 'https://api.fireworks.ai/inference/v1/messages', BEARER, LATE_MESSAGES),
  row('kimi-code-anthropic', 'https://api.kimi.com/coding/v1/messages', X_API_KEY, LATE_MESSAGES),
  row('minimax-anthropic', 'https://api.minimax.io/anthropic/v1/messages', X_API_KEY, LATE_MESSAGES),
  row('moonshot-anthropic', 'https://api.moonshot.ai/anthropic/v1/messages', BEARER, LATE_MESSAGES),
  row('novita-anthropic', 'https://api.novita.ai/anthropic/v1/messages', BEARER, PLAIN_MESSAGES),
  row('openrouter-anthropic', 'https://openrouter.ai/api/v1/messages', BEARER, LATE_MESSAGES),
  row('zai-anthropic', 'https://api.z.ai/api/anthropic/v1/messages', BEARER, LATE_MESSAGES),
  row(
    'zenmux-anthropic',
    'https://zenmux.ai/api/anthropic/v1/messages',
    X_API_KEY,
    ANTHROPIC_MESSAGES,
    VERSION,
  ),

  row(
    'azure-openai',
    'https://contoso.openai.azure.com/openai/v1/chat/completions',
    API_KEY,
    shapes.AZURE_CHAT,
  ),
  row('azure-openai', 'https://contoso.openai.azure.com/openai/v1/responses', API_KEY, OPENAI_RESPONSES),
  row('baseten', 'https://inference.baseten.co/v1/chat/completions', BEARER, shapes.REPORTS_LAST_CHAT),
  row('cerebras', 'https://api.cerebras.ai/v1/chat/completions', BEARER, shapes.CEREBRAS_CHAT),
  row('deepinfra', 'https://api.deepinfra.com/v1/openai/chat/completions', BEARER, shapes.REPORTS_LAST_CHAT),
  row('deepseek', 'https://api.deepseek.com/chat/completions', BEARER, shapes.DEEPSEEK_CHAT),
  row('fireworks', 'https://api.fireworks.ai/inference/v1/chat/completions', BEARER, shapes.PLAIN_CHAT),
  row('fireworks', 'https://api.fireworks.ai/inference/v1/responses', BEARER, PLAIN_RESPONSES),
  row(
    'gemini-openai',
    'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
    BEARER,
    shapes.PLAIN_CHAT,
  ),
  row('groq', 'https://api.groq.com/openai/v1/chat/completions', BEARER, shapes.GROQ_CHAT),
  row('groq', 'https://api.groq.com/openai/v1/responses', BEARER, OPENAI_RESPONSES),
  row('kimi-code', 'https://api.kimi.com/coding/v1/chat/completions', BEARER, shapes.MOONSHOT_CHAT),
  row('minimax', 'https://api.minimax.io/v1/chat/completions', BEARER, shapes.MINIMAX_CHAT),
  row('minimax', 'https://api.minimax.io/v1/responses', BEARER, PLAIN_RESPONSES),
  row('mistral', 'https://api.mistral.ai/v1/chat/completions', BEARER, shapes.PLAIN_CHAT),
  row('moonshot', 'https://api.moonshot.ai/v1/chat/completions', BEARER, shapes.MOONSHOT_CHAT),
  row('moonshot', 'https://api.moonshot.ai/v1/responses', BEARER, PLAIN_RESPONSES),
  row('nebius', 'https://api.tokenfactory.nebius.com/v1/chat/completions', BEARER, shapes.REPORTS_LAST_CHAT),
  row('novita', 'https://api.novita.ai/openai/v1/chat/completions', BEARER, shapes.REPORTS_LAST_CHAT),
  row('openai', 'https://api.openai.com/v1/chat/completions', BEARER, shapes.OPENAI_CHAT),
  row('openai', 'https://api.openai.com/v1/responses', BEARER, OPENAI_RESPONSES),
  row('openrouter', 'https://openrouter.ai/api/v1/chat/completions', BEARER, shapes.OPENROUTER_CHAT),
  row('openrouter', 'https://openrouter.ai/api/v1/responses', BEARER, OPENAI_RESPONSES),
  row('together', 'https://api.together.ai/v1/chat/completions', BEARER, shapes.PLAIN_CHAT),
  row('xai', 'https://api.x.ai/v1/responses', BEARER, OPENAI_RESPONSES),
  row('xai', 'https://api.x.ai/v1/chat/completions', BEARER, shapes.THINKING_CHAT),
  row('zai', 'https://api.z.ai/api/paas/v4/chat/completions', BEARER, shapes.THINKING_CHAT),
  row('zenmux', 'https://zenmux.ai/api/v1/chat/completions', BEARER, shapes.REPORTS_LAST_CHAT),
  row('zenmux', 'https://zenmux.ai/api/v1/responses', BEARER, OPENAI_RESPONSES),

  row('llamacpp', 'http://127.0.0.1:8080/v1/chat/completions', BEARER, shapes.LLAMACPP_CHAT),
  row('llamacpp-anthropic', 'http://127.0.0.1:8080/v1/messages', BEARER, PLAIN_MESSAGES),
  row('lmstudio', 'http://127.0.0.1:1234/v1/chat/completions', BEARER, shapes.REPORTS_LAST_CHAT),
  row('lmstudio', 'http://127.0.0.1:1234/v1/responses', BEARER, PLAIN_RESPONSES),
  row('lmstudio-anthropic', 'http://127.0.0.1:1234/v1/messages', X_API_KEY, PLAIN_MESSAGES),
  row('ollama', 'http://127.0.0.1:11434/v1/chat/completions', BEARER, shapes.REPORTS_LAST_CHAT),
  row('ollama', 'http://127.0.0.1:11434/v1/responses', BEARER, PLAIN_RESPONSES),
  row('ollama-anthropic', 'http://127.0.0.1:11434/v1/messages', BEARER, PLAIN_MESSAGES),
  row('vllm', 'http://127.0.0.1:8000/v1/chat/completions', BEARER, shapes.REPORTS_LAST_CHAT),
  row('vllm', 'http://127.0.0.1:8000/v1/responses', BEARER, PLAIN_RESPONSES),
  row('vllm-anthropic', 'http://127.0.0.1:8000/v1/messages', BEARER, PLAIN_MESSAGES),
];

const protocolOf = ({ url }: Row): keyof typeof SURFACES =>
  url.endsWith('/messages')
    ? 'anthropic-messages'
    : url.endsWith('/responses')
      ? 'openai-responses'
      : 'openai-chat';
const nameOf = (given: Row): string => `${given.preset}.${protocolOf(given)}`;
const suffixOf = (given: Row): string =>
  protocolOf(given) === 'anthropic-messages'
    ? '/v1/messages'
    : SURFACES[protocolOf(given)].slice('/v1'.length);
const azure = (given: Row): string => given.url.slice(0, -suffixOf(given).length);

/** The provider as an operator writes it, but with the vendor's simulator at the same path in the vendor's place. */
function providerYaml(given: Row, simulator: string, auth: string): string {
  const preset = presetNamed(PROVIDER_PRESETS, given.preset)!;
  const baseUrl = simulator + new URL(preset.baseUrl ?? azure(given)).pathname;
  const parts = [
    `preset: ${given.preset}`,
    `baseUrl: "${baseUrl}"`,
    `auth: ${auth}`,
    ...(protocolOf(given) === preset.protocol ? [] : [`protocol: ${protocolOf(given)}`]),
    ...(preset.local === true ? [] : ['allowPrivateNetwork: true']),
  ];
  return parts.join(', ');
}

function configuration(simulator: string): string {
  const key = '{ type: apiKey, value: "${VENDOR_KEY}" }';
  const providers = ROWS.map(
    (given) => `  - { name: ${nameOf(given)}, ${providerYaml(given, simulator, key)} }`,
  );
  const open = ROWS.filter(({ preset }) => presetNamed(PROVIDER_PRESETS, preset)?.local).map(
    (given) => `  - { name: open.${nameOf(given)}, ${providerYaml(given, simulator, '{ type: none }')} }`,
  );
  const names = [...ROWS.map(nameOf), ...open.map((line) => /name: ([^,]+),/.exec(line)![1]!)];
  const models = names.map(
    (name) => `  - { name: ${name}, targets: [{ provider: ${name}, model: vendor-model }] }`,
  );
  return ['version: 1', 'providers:', ...providers, ...open, 'models:', ...models].join('\n');
}

describe('provider presets', () => {
  let vendor: FakeUpstream;
  let gateway: TestGateway;
  let shape: shapes.Shape;

  beforeAll(async () => {
    const redis = await startRedis();
    vendor = await startUpstream(async ({ body }, res) => {
      if (!body.includes('"stream":true')) {
        res.writeHead(200, { 'content-type': 'application/json' });
        return void res.end(shape.json);
      }
      res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      const third = Math.ceil(shape.stream.length / 3);
      for (let at = 0; at < shape.stream.length; at += third) {
        res.write(shape.stream.slice(at, at + third));
        await new Promise(setImmediate);
      }
      res.end();
    });
    const snapshot = parseConfig(configuration(vendor.url), { VENDOR_KEY: KEY });
    gateway = await startGateway(redis.url, 'version: 1', { snapshot });
  });
  afterAll(async () => {
    await gateway?.shutDown();
    await vendor?.close();
  });
  beforeEach(() => {
    vendor.received.length = 0;
  });

  const credentialsOf = (headers: object): object =>
    Object.fromEntries(
      Object.entries(headers).filter(([name]) => ['authorization', 'x-api-key', 'api-key'].includes(name)),
    );

  async function usageOf(name: string): Promise<Record<string, number>> {
    const text = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
    const counted = (type: string): number =>
      Number(
        new RegExp(
          `^muxgate_tokens_total\\{type="${type}",model="${name}",provider="${name}",team="core"\\} (\\d+)`,
          'm',
        ).exec(text)?.[1] ?? 0,
      );
    return { input: counted('input'), cache_read: counted('cache_read'), output: counted('output') };
  }

  it('has a case for every preset in every protocol of a surface that it speaks', () => {
    const spoken = PROVIDER_PRESETS.flatMap((preset) =>
      protocolsOf(preset)
        .filter((protocol) => protocol in SURFACES)
        .map((protocol) => `${preset.name}.${protocol}`),
    );
    expect(ROWS.map(nameOf).toSorted()).toEqual(spoken.toSorted());
  });

  it.each(ROWS.map((given) => [nameOf(given), given] as const))(
    '%s is as its vendor documents',
    async (name, given) => {
      const { preset, url, key } = given;
      expect((presetNamed(PROVIDER_PRESETS, preset)!.baseUrl ?? azure(given)) + suffixOf(given)).toBe(url);
      shape = given.shape;
      const client = { authorization: `Bearer ${gateway.key}`, 'api-key': 'of the client' };
      const surface = gateway.url + SURFACES[protocolOf(given)];
      const whole = await post(surface, JSON.stringify({ model: name, n: 1 }), client);
      const streamed = await post(surface, JSON.stringify({ model: name, stream: true }), client);

      expect([whole.status, whole.text]).toEqual([200, shape.json]);
      expect([streamed.status, streamed.text]).toEqual([200, shape.stream]);
      expect(streamed.headers['content-type']).toBe('text/event-stream; charset=utf-8');
      expect(vendor.received.map(({ method, body }) => [method, body.toString()])).toEqual([
        ['POST', '{"model":"vendor-model","n":1}'],
        ['POST', '{"model":"vendor-model","stream":true}'],
      ]);
      for (const received of vendor.received) {
        expect(received.url).toBe(new URL(url).pathname);
        expect(credentialsOf(received.headers)).toEqual(key);
        expect(received.headers).toMatchObject(given.headers ?? {});
      }
      const { input, cache_read, output } = shape.usage;
      await eventually(async () => (await usageOf(name))['output'] === 2 * output);
      expect(await usageOf(name)).toEqual({
        input: 2 * input,
        cache_read: 2 * cache_read,
        output: 2 * output,
      });
    },
  );

  it.each(
    ROWS.filter(({ preset }) => presetNamed(PROVIDER_PRESETS, preset)?.local).map(
      (given) => [nameOf(given), given] as const,
    ),
  )('%s needs neither a key nor a word about private networks', async (name, given) => {
    shape = given.shape;
    const answer = await post(
      gateway.url + SURFACES[protocolOf(given)],
      JSON.stringify({ model: `open.${name}` }),
      { 'x-api-key': gateway.key },
    );
    expect([answer.status, answer.text]).toEqual([200, shape.json]);
    expect(credentialsOf(vendor.received[0]!.headers)).toEqual({});
  });

  it('a client’s own anthropic-version stands beside the preset’s', async () => {
    shape = ANTHROPIC_MESSAGES;
    await post(`${gateway.url}/v1/messages`, '{"model":"anthropic.anthropic-messages"}', {
      'x-api-key': gateway.key,
      'anthropic-version': '2026-10-21',
    });
    expect(vendor.received[0]?.headers['anthropic-version']).toBe('2026-10-21');
  });
});
