import { expect, test } from 'vitest';
import { findProviderPreset, PROVIDER_PRESETS } from './index.js';

test('base URLs are what the SDKs take: without /v1 for Anthropic, with it for OpenAI', () => {
  expect(findProviderPreset('anthropic')).toMatchObject({
    protocol: 'anthropic-messages',
    baseUrl: 'https://api.anthropic.com',
  });
  expect(findProviderPreset('openai')).toMatchObject({
    protocol: 'openai-chat',
    baseUrl: 'https://api.openai.com/v1',
  });
});

test('names are unique, and one that is not there finds nothing', () => {
  expect(new Set(PROVIDER_PRESETS.map((preset) => preset.name)).size).toBe(PROVIDER_PRESETS.length);
  expect(findProviderPreset('constructor')).toBeUndefined();
});
