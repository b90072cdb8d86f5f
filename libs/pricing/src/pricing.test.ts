import { readFileSync } from 'node:fs';
import { calcPrice } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '@muxgate/config';
import { PROVIDER_PRESETS } from '@muxgate/providers';
import { costNanoUsd, PRICE_LIST, PriceBook, type Price, type TokenCounts } from './index.js';
import { vendorOf } from './price-list.js';

const NONE: TokenCounts = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  cacheCreation1hTokens: 0,
  reasoningTokens: 0,
};

function snapshotOf(models: string) {
  return parseConfig(
    `
version: 1
providers:
  - { name: anthropic, preset: anthropic, auth: { type: none } }
  - { name: openai, preset: openai, auth: { type: none } }
  - { name: deepseek, preset: deepseek, auth: { type: none } }
  - { name: own, protocol: openai-chat, baseUrl: "https://llm.acme.example/v1", auth: { type: none } }
models:
${models}
`,
    {},
  );
}

function priceIn(models: string, at = Date.UTC(2026, 10, 25)): Price | undefined {
  const { models: configured, providers } = snapshotOf(models);
  const [model] = [...configured.values()];
  const target = model!.targets[0]!;
  return new PriceBook(() => at).priceOf({
    provider: providers.get(target.provider)!,
    model: model!,
    target,
  });
}

const listed = (provider: string, model: string, at?: number): Price =>
  priceIn(`  - { name: m, targets: [{ provider: ${provider}, model: ${model} }] }`, at)!;

describe('the price of a target', () => {
  it('is what its model says before what the list says', () => {
    const price = priceIn(`
  - name: m
    targets: [{ provider: anthropic, model: claude-sonnet-4-5 }]
    pricing: { input: 1, output: 2, cacheRead: 0.0375, cacheWrite: 1.25, cacheWrite1h: 2 }`)!;
    expect(price.source).toBe('configuration');
    const tokens = { ...NONE, inputTokens: 1000, outputTokens: 100, cacheReadTokens: 3 };
    expect(costNanoUsd(price, tokens)).toBe(1_000_000 + 200_000 + 113);
    const written = { ...NONE, cacheCreationTokens: 10, cacheCreation1hTokens: 4 };
    expect(costNanoUsd(price, written)).toBe(6 * 1250 + 4 * 2000);
  });

  it('has cached tokens at the price of input where the model does not say', () => {
    const price = priceIn(`
  - { name: m, targets: [{ provider: own, model: x }], pricing: { input: 3, output: 15 } }`)!;
    expect(costNanoUsd(price, { ...NONE, cacheReadTokens: 1, cacheCreationTokens: 1 })).toBe(6000);
  });

  it('is in the list for a vendor that a preset or a base URL names', () => {
    expect(listed('anthropic', 'claude-opus-4-5').source).toBe('list');
    const { models, providers } = snapshotOf('  - { name: m, targets: [{ provider: own, model: gpt-5 }] }');
    const [model] = [...models.values()];
    const provider = { ...providers.get('own')!, baseUrl: 'https://api.openai.com/v1' };
    expect(new PriceBook().priceOf({ provider, model: model!, target: model!.targets[0]! })?.source).toBe(
      'list',
    );
  });

  it('is not known of a model or a vendor that the list does not know', () => {
    expect(listed('own', 'gpt-5')).toBeUndefined();
    expect(listed('anthropic', 'gpt-5')).toBeUndefined();
    expect(listed('anthropic', 'claude-of-tomorrow')).toBeUndefined();
  });

  it('is dearer for the whole answer once its prompt is over the tier', () => {
    const price = listed('anthropic', 'claude-sonnet-4-5');
    expect(costNanoUsd(price, { ...NONE, inputTokens: 199_999, cacheReadTokens: 1 })).toBe(
      199_999 * 3000 + 300,
    );
    expect(costNanoUsd(price, { ...NONE, inputTokens: 200_000, cacheReadTokens: 1, outputTokens: 2 })).toBe(
      200_000 * 6000 + 600 + 2 * 22_500,
    );
  });

  it('is the one of the day, also in a book that was opened before', () => {
    let now = Date.UTC(2026, 2, 12, 23, 59, 30);
    const { models, providers } = snapshotOf(
      '  - { name: m, targets: [{ provider: anthropic, model: claude-sonnet-4-6 }] }',
    );
    const [model] = [...models.values()];
    const book = new PriceBook(() => now);
    const cost = () => {
      const priced = { provider: providers.get('anthropic')!, model: model!, target: model!.targets[0]! };
      return costNanoUsd(book.priceOf(priced)!, { ...NONE, inputTokens: 300_000 });
    };
    expect(cost()).toBe(300_000 * 6000);
    now = Date.UTC(2026, 2, 13, 0, 1);
    expect(cost()).toBe(300_000 * 3000);
  });

  it.each([
    ['anthropic', 'claude-sonnet-4-5'],
    ['anthropic', 'claude-opus-5-5'],
    ['openai', 'gpt-5'],
    ['openai', 'gpt-4o-mini'],
    ['deepseek', 'deepseek-chat'],
  ])('of %s %s is what the list itself computes, to the nano-USD', (vendor, model) => {
    const at = Date.UTC(2026, 10, 25, 12);
    const price = listed(vendor, model, at);
    const count = fc.nat(1_000_000);
    fc.assert(
      fc.property(count, count, count, count, fc.nat(100), (input, output, read, written, share) => {
        const written1h = Math.floor((written * share) / 100);
        const expected = calcPrice(
          {
            input_tokens: input + read + written,
            output_tokens: output,
            cache_read_tokens: read,
            cache_write_tokens: written,
            cache_write_1h_tokens: written1h,
          },
          model,
          { providerId: vendor, timestamp: new Date(at) },
        )!.total_price;
        const tokens = {
          inputTokens: input,
          outputTokens: output,
          cacheReadTokens: read,
          cacheCreationTokens: written,
          cacheCreation1hTokens: written1h,
          reasoningTokens: 0,
        };
        expect(Math.abs(costNanoUsd(price, tokens) - expected * 1e9)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the price list', () => {
  it('is dated: the date was looked up for the version that is installed', () => {
    const manifest = new URL('../../../node_modules/@pydantic/genai-prices/package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    expect(version).toBe(PRICE_LIST.version);
  });

  it('has these vendors under the names of these presets', () => {
    const unknown = PROVIDER_PRESETS.filter(
      ({ name, baseUrl = '' }) => vendorOf({ preset: name, baseUrl }) === undefined,
    );
    expect(unknown.filter(({ local }) => local !== true).map(({ name }) => name)).toEqual([
      'kimi-code-anthropic',
      'zenmux-anthropic',
      'deepinfra',
      'kimi-code',
      'nebius',
      'zenmux',
    ]);
    expect(vendorOf({ preset: 'azure-openai', baseUrl: '' })).toBe('azure');
    expect(vendorOf({ preset: 'gemini-openai', baseUrl: '' })).toBe('google');
    expect(vendorOf({ preset: 'vertex', baseUrl: '' })).toBe('google');
    expect(vendorOf({ preset: 'bedrock', baseUrl: '' })).toBe('aws');
    expect(vendorOf({ preset: 'xai', baseUrl: '' })).toBe('x-ai');
  });
});
