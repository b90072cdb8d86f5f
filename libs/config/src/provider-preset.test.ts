import { PROVIDER_PRESETS } from '@muxgate/providers';
import { expect, test } from 'vitest';
import { ConfigInvalid } from './config-invalid.js';
import { parseConfig } from './parse-config.js';
import type { ProviderConfig } from './snapshot.types.js';

const parsed = (fields: string): ProviderConfig =>
  parseConfig(`version: 1\nproviders: [{ name: p, auth: { type: none }, ${fields} }]`, {}).providers.get(
    'p',
  )!;

function problems(fields: string): readonly string[] {
  try {
    parsed(fields);
    return [];
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
}

test.each(PROVIDER_PRESETS.map((preset) => [preset.name, preset] as const))(
  'the preset %s is valid by its name alone, or with a URL where it has none',
  (name, preset) => {
    const url = preset.baseUrl === undefined ? ', baseUrl: "https://own.example/v1"' : '';
    expect(parsed(`preset: ${name}${url}`)).toMatchObject({
      protocol: preset.protocol,
      baseUrl: preset.baseUrl ?? 'https://own.example/v1',
      headers: preset.headers ?? {},
      allowPrivateNetwork: preset.local ?? false,
    });
    expect(parsed(`preset: ${name}${url}`).keyHeader).toBe(preset.keyHeader);
  },
);

test('a protocol, a URL and headers beside a preset win over it', () => {
  const given = parsed(
    'preset: anthropic, baseUrl: "https://own.example/a/", headers: { Anthropic-Version: "2026-10-21", x: "1" }',
  );
  expect(given.baseUrl).toBe('https://own.example/a');
  expect(given.headers).toEqual({ 'anthropic-version': '2026-10-21', x: '1' });
  expect(parsed('preset: openai, protocol: openai-responses')).toMatchObject({
    protocol: 'openai-responses',
    baseUrl: 'https://api.openai.com/v1',
  });
  expect(parsed('preset: deepseek, protocol: gemini, baseUrl: "https://own.example"').protocol).toBe(
    'gemini',
  );
});

test('a protocol that is not spoken at the URL of the preset is a mistake', () => {
  expect(problems('preset: deepseek, protocol: anthropic-messages')).toEqual([
    'providers[0].protocol: the preset "deepseek" speaks openai-chat at its URL; another protocol needs a baseUrl',
  ]);
});

test('a preset without a URL needs one', () => {
  expect(problems('preset: azure-openai')).toEqual([
    'providers[0].baseUrl: is missing: the preset "azure-openai" needs your own',
  ]);
});

test.each([
  ['', true],
  [', baseUrl: "http://localhost:9999/v1"', true],
  [', allowPrivateNetwork: false', false],
  [', baseUrl: "https://10.1.2.3/v1"', false],
  [', baseUrl: "https://llm.example/v1"', false],
  [', baseUrl: "http://10.1.2.3/v1", allowPrivateNetwork: true', true],
])('preset: ollama%s → allowPrivateNetwork %s', (fields, allowed) => {
  expect(parsed(`preset: ollama${fields}`).allowPrivateNetwork).toBe(allowed);
});

test('a local preset does not send keys elsewhere in clear text', () => {
  expect(problems('preset: ollama, baseUrl: "http://10.1.2.3/v1"')).toEqual([
    'providers[0].baseUrl: must begin with https://; http:// is for loopback, or with allowPrivateNetwork: true',
  ]);
});
