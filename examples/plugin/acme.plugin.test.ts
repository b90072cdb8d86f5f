import { loadConfig } from '@muxgate/config';
import type { HookAnswer } from '@muxgate/plugins';
import { expect, test } from 'vitest';
import acme from './acme.plugin.ts';

const FILE = 'examples/plugin/muxgate.yaml';
const REQUEST: HookAnswer = {
  id: 'r-1',
  surface: 'openai-chat',
  operation: 'chat',
  client: 'ci',
  team: 'search',
  model: 'acme-large',
  provider: 'acme',
  upstreamModel: 'large-2',
  stream: false,
  status: 200,
};

test('the presets of the example fill in its configuration', async () => {
  const { snapshot } = await loadConfig(FILE, {});
  expect(snapshot.providers.get('acme')).toMatchObject({
    baseUrl: 'https://llm.acme.example/v1',
    headers: { 'acme-api-version': '2026-11-01' },
  });
  expect(snapshot.oauthProviders.get('acme')).toMatchObject({
    tokenUrl: 'https://sso.acme.example/token',
    clientId: 'muxgate',
    hosts: ['llm.acme.example'],
  });
});

test('its hooks are loaded', async () => {
  const { plugins } = await loadConfig(FILE, {});
  expect(plugins.hooks).toMatchObject([{ name: 'acme' }]);
});

test('Acme learns the cost centre and not the trace', () => {
  expect(acme.requestHeaders({ 'x-internal-trace': 't' }, REQUEST)).toEqual({
    'acme-cost-centre': 'search',
    'x-internal-trace': null,
  });
});

test('requests to other providers stay as they are', () => {
  expect(acme.requestHeaders({}, { ...REQUEST, provider: 'openai' })).toBeUndefined();
});

test('the answer names the model that gave it', () => {
  expect(acme.responseHeaders({}, REQUEST)).toEqual({ 'x-acme-model': 'large-2' });
});
