import { expect, test } from 'vitest';
import { presetNamed, protocolsOf, PROVIDER_PRESETS } from './index.js';

const each = PROVIDER_PRESETS.map((preset) => [preset.name, preset] as const);

test('base URLs are what the SDKs take: without /v1 for Anthropic, with it for OpenAI', () => {
  expect(presetNamed(PROVIDER_PRESETS, 'anthropic')).toMatchObject({
    protocol: 'anthropic-messages',
    baseUrl: 'https://api.anthropic.com',
  });
  expect(presetNamed(PROVIDER_PRESETS, 'openai')).toMatchObject({
    protocol: 'openai-chat',
    baseUrl: 'https://api.openai.com/v1',
  });
});

test('names are unique, and one that is not there finds nothing', () => {
  expect(new Set(PROVIDER_PRESETS.map((preset) => preset.name)).size).toBe(PROVIDER_PRESETS.length);
  expect(presetNamed(PROVIDER_PRESETS, 'constructor')).toBeUndefined();
});

test.each(each.filter(([, preset]) => preset.baseUrl !== undefined))(
  '%s has an HTTPS URL, or plain HTTP on loopback if it is local',
  (_, preset) => {
    const url = new URL(preset.baseUrl!);
    expect([url.protocol, url.hostname === '127.0.0.1']).toEqual(
      preset.local === true ? ['http:', true] : ['https:', false],
    );
    expect(preset.baseUrl).not.toMatch(/\/$|[?#]/);
    expect([url.username, url.password]).toEqual(['', '']);
  },
);

test('only those of an operator’s own resources leave the URL to the operator, and say so', () => {
  const without = PROVIDER_PRESETS.filter((preset) => preset.baseUrl === undefined);
  expect(
    without.map(({ name, quirks = [] }) => [name, quirks.join().includes('your own `baseUrl`')]),
  ).toEqual([
    ['azure-openai', true],
    ['bedrock', true],
    ['vertex', true],
    ['vertex-anthropic', true],
  ]);
});

test.each(each)('%s names its vendor and its documentation, over HTTPS', (_, preset) => {
  expect(new URL(preset.docs).protocol).toBe('https:');
  expect(preset.title).not.toBe('');
});

test.each(each)('%s: a URL serves the protocols of one inventor', (_, preset) => {
  const families = new Set(protocolsOf(preset).map((protocol) => protocol.split('-')[0]));
  expect(families.size).toBe(1);
  expect(new Set(protocolsOf(preset)).size).toBe(protocolsOf(preset).length);
});

test.each(each)('%s holds no credential, and header names in lower case', (_, preset) => {
  for (const name of Object.keys(preset.headers ?? {})) {
    expect(name).toBe(name.toLowerCase());
    expect(['authorization', 'x-api-key', 'api-key', 'cookie']).not.toContain(name);
  }
});
