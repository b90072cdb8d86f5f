import type { PluginHooks } from '@muxgate/config';
import type { HeaderChanges, HeaderView, HookRequest } from '@muxgate/plugins';
import { createLogger } from '@muxgate/runtime';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { headerHooks } from './header-hooks.js';

const REQUEST: HookRequest = {
  id: 'r-1',
  surface: 'anthropic-messages',
  operation: 'chat',
  client: 'ci',
  team: undefined,
  model: 'm',
  provider: 'p',
  upstreamModel: 'x',
  stream: false,
};

type Run = (headers: HeaderView, request: HookRequest) => unknown;

function world(...runs: Run[]) {
  const logs: string[] = [];
  const registry = new Registry();
  const logger = createLogger('gateway', 'trace', { write: (line: string) => void logs.push(line) });
  const plugins = runs.map((run, index) => ({
    name: `plugin-${index}`,
    requestHeaders: run as PluginHooks['requestHeaders'] & Run,
  }));
  const { request } = headerHooks(plugins, registry, logger);
  const failures = async (): Promise<object[]> => {
    const { values = [] } = (await registry.getSingleMetric('muxgate_plugin_errors_total')?.get()) ?? {};
    return values.map(({ labels, value }) => ({ ...labels, value }));
  };
  return { apply: (pairs: string[]) => request!.apply(pairs, REQUEST), failures, logs, registry };
}

const changing = (changes: unknown) => world(() => changes as HeaderChanges).apply(['A', '1', 'B', '2']);

test('without hooks there is nothing to run and no metric', () => {
  const { registry } = world();
  expect(headerHooks([{ name: 'data' }], registry, createLogger('gateway', 'silent'))).toEqual({});
  expect(registry.getMetricsAsArray()).toEqual([]);
});

test('a text sets a header, whatever the case of its name was', () => {
  expect(changing({ a: '3', c: '4' })).toEqual(['B', '2', 'a', '3', 'c', '4']);
});

test('null leaves a header out', () => {
  expect(changing({ a: null, missing: null })).toEqual(['B', '2']);
});

test('no changes leave the very same headers', () => {
  const pairs = ['A', '1'];
  expect(world(() => undefined).apply(pairs)).toBe(pairs);
});

test('each hook sees what those before it changed', () => {
  const seen: HeaderView[] = [];
  const see: Run = (headers) => {
    seen.push(headers);
    return { a: `${headers['a']}+` };
  };
  expect(world(see, see).apply(['A', '1'])).toEqual(['a', '1++']);
  expect(seen).toEqual([{ a: '1' }, { a: '1+' }]);
});

test('headers that came twice are joined in what a hook sees', () => {
  let seen: HeaderView = {};
  world((headers) => void (seen = headers)).apply(['A', '1', 'a', '2']);
  expect(seen).toEqual({ a: '1, 2' });
});

test.each([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'proxy-authorization',
  'x-muxgate-key',
  'x-amz-security-token',
])('a hook neither sees nor changes %s', async (name) => {
  let seen: HeaderView = {};
  const { apply, failures } = world((headers) => {
    seen = headers;
    return { [name]: 'mine' };
  });
  const pairs = [name.toUpperCase(), 'secret', 'a', '1'];
  expect(apply(pairs)).toBe(pairs);
  expect(seen).toEqual({ a: '1' });
  expect(await failures()).toEqual([
    { plugin: 'plugin-0', hook: 'requestHeaders', reason: 'refused', value: 1 },
  ]);
});

test.each([
  ['a header of the body', () => ({ 'Content-Type': 'x' })],
  ['a header of the connection', () => ({ connection: 'close' })],
  ['a name that is none', () => ({ 'a b': 'x' })],
  ['a value that splits the message', () => ({ c: 'x\r\nevil: 1' })],
  ['a value that is no text', () => ({ c: 1 })],
  ['a value that is too long', () => ({ c: 'x'.repeat(8_193) })],
  ['too many changes', () => Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`h${i}`, 'x']))],
  ['a list', () => ['a', '1']],
  ['a text', () => 'a: 1'],
  ['a promise', () => Promise.resolve({ a: '1' })],
  ['a promise that fails', () => Promise.reject(new Error('late'))],
  [
    'a map that throws when it is read',
    () => ({
      get c(): string {
        throw new Error('no');
      },
    }),
  ],
])('of a result with %s nothing is taken', async (_, run: () => unknown) => {
  const { apply, failures } = world(run);
  const pairs = ['A', '1'];
  expect(apply(pairs)).toBe(pairs);
  expect(await failures()).toMatchObject([{ reason: 'refused', value: 1 }]);
});

test('a hook that throws changes nothing, is counted each time and logged once', async () => {
  const { apply, failures, logs } = world(
    () => {
      throw new Error('out of luck');
    },
    () => ({ b: '2' }),
  );
  expect(apply(['a', '1'])).toEqual(['a', '1', 'b', '2']);
  apply(['a', '1']);
  expect(await failures()).toEqual([
    { plugin: 'plugin-0', hook: 'requestHeaders', reason: 'threw', value: 2 },
  ]);
  expect(logs.filter((line) => line.includes('out of luck'))).toHaveLength(1);
});

test('a hook that takes long is counted, and what it answers holds', async () => {
  const { apply, failures } = world(() => {
    const until = performance.now() + 60;
    while (performance.now() < until);
    return { b: '2' };
  });
  expect(apply([])).toEqual(['b', '2']);
  expect(await failures()).toMatchObject([{ reason: 'slow', value: 1 }]);
});

test('what a hook sees cannot be changed in place', async () => {
  const { apply, failures } = world((headers) => {
    (headers as Record<string, string>)['a'] = '2';
  });
  expect(apply(['a', '1'])).toEqual(['a', '1']);
  expect(await failures()).toMatchObject([{ reason: 'threw' }]);
});
