import { writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  assertAuthenticationSafe,
  ConfigInvalid,
  loadConfig,
  parseConfig,
  type ConfigSnapshot,
} from './index.js';

const EXAMPLE_ENV = {
  ACME_CLIENT_SECRET: 'acme',
  ANTHROPIC_API_KEY: 'sk-ant',
  OPENAI_API_KEY: 'sk-oai',
  WEBHOOK_SECRET: 'whsec',
  SLACK_WEBHOOK_URL: 'https://chat.example/hook',
};

function parsed(text: string, env: Record<string, string> = {}): ConfigSnapshot {
  return parseConfig(`version: 1\n${text}`, env);
}

function problems(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(text, env);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return [];
}

test('the default file needs no environment', async () => {
  const { snapshot } = await loadConfig('config/muxgate.yaml', {});
  expect([...snapshot.models.keys()]).toEqual(['claude-sandbox', 'gpt-sandbox', 'codex-sandbox']);
  expect(snapshot.providers.get('sandbox-openai')?.baseUrl).toBe('http://127.0.0.1:9100/v1');
});

test('the default file follows MUXGATE_SANDBOX_URL', async () => {
  const { snapshot } = await loadConfig('config/muxgate.yaml', {
    MUXGATE_SANDBOX_URL: 'http://127.0.0.1:4711',
  });
  expect(snapshot.oauthProviders.get('sandbox')?.issuer).toBe('http://127.0.0.1:4711');
  expect(snapshot.providers.get('sandbox-responses')?.baseUrl).toBe('http://127.0.0.1:4711/v1');
});

test('the example file is sound, given the variables that it names', async () => {
  const { snapshot } = await loadConfig('config/example.yaml', EXAMPLE_ENV);
  expect(snapshot.oauthProviders.get('acme-idp')?.clientSecret).toBe('acme');
  expect(snapshot.providers.get('anthropic')).toMatchObject({
    baseUrl: 'https://api.anthropic.com',
    auth: { value: 'sk-ant' },
  });
  expect(snapshot.providers.get('own-cluster')?.enabled).toBe(false);
  expect(snapshot.router.rules[0]?.when).toEqual({ team: ['ci'], thinking: true });
});

test('the example file without its variables names all of them', async () => {
  await expect(loadConfig('config/example.yaml', {})).rejects.toMatchObject({
    problems: [
      'oauthProviders[0].clientSecret: the environment variable ACME_CLIENT_SECRET is not set',
      'oauthProviders[1].clientSecret: the environment variable ACME_CLIENT_SECRET is not set',
      'providers[0].auth.value: the environment variable ANTHROPIC_API_KEY is not set',
      'providers[1].auth.value: the environment variable OPENAI_API_KEY is not set',
      'webhooks[0].secret: the environment variable WEBHOOK_SECRET is not set',
      'webhooks[1].url: the environment variable SLACK_WEBHOOK_URL is not set',
    ],
  });
});

test.each([
  ['gateway', ['providers[0].auth.value', 'providers[1].auth.value']],
  [
    'auth',
    [
      'oauthProviders[0].clientSecret',
      'oauthProviders[1].clientSecret',
      'providers[0].auth.value',
      'providers[1].auth.value',
      'webhooks[1].url',
    ],
  ],
  [
    'worker',
    [
      'oauthProviders[0].clientSecret',
      'oauthProviders[1].clientSecret',
      'webhooks[0].secret',
      'webhooks[1].url',
    ],
  ],
] as const)('the %s asks only for the secrets that it uses', async (reader, missing) => {
  const refused = await loadConfig('config/example.yaml', {}, reader).catch((error: unknown) => error);
  const { problems } = refused as { problems: string[] };
  expect(problems.map((problem) => problem.split(':')[0])).toEqual(missing);
});

test('a secret of others is neither resolved nor missed by the checks between fields', () => {
  const text =
    'oauthProviders: [{ name: idp, grant: client_credentials, issuer: "https://idp.example", clientId: me, clientSecret: "${S}" }]';
  const { oauthProviders } = parseConfig(`version: 1\n${text}`, { S: 'secret' }, { reader: 'gateway' });
  expect(oauthProviders.get('idp')).toMatchObject({
    clientAuthentication: 'client_secret_basic',
    clientSecret: '${S}',
  });
});

test('a file that is not there is a mistake of the configuration', async () => {
  await expect(loadConfig('/nowhere.yaml', {})).rejects.toMatchObject({
    problems: ['there is no such file'],
  });
});

test('whatever is left out has its default', () => {
  const text = `
oauthProviders: [{ name: idp, issuer: "https://idp.example", clientId: me }]
providers: [{ name: p, protocol: openai-chat, baseUrl: "https://llm.example/v1/", auth: { type: none } }]
models: [{ name: m, targets: [{ provider: p, model: x }] }]`;
  const snapshot = parsed(text);
  expect(snapshot.clients.authentication).toBe('required');
  expect(snapshot.oauthProviders.get('idp')).toEqual({
    name: 'idp',
    grant: 'authorization_code',
    issuer: 'https://idp.example',
    clientId: 'me',
    clientAuthentication: 'none',
    tokenRequestFormat: 'form',
    scopes: [],
    authorizeParams: {},
    refreshAheadSeconds: 300,
    refreshJitterSeconds: 60,
    refreshSpacingMs: 0,
    replayWindowSeconds: 0,
    allowPrivateNetwork: false,
  });
  expect(snapshot.providers.get('p')).toEqual({
    name: 'p',
    protocol: 'openai-chat',
    baseUrl: 'https://llm.example/v1',
    auth: { type: 'none' },
    headers: {},
    timeouts: { connectMs: 5000, firstByteMs: 300000, idleMs: 300000 },
    allowPrivateNetwork: false,
    enabled: true,
  });
  expect(snapshot.models.get('m')).toEqual({
    name: 'm',
    targets: [{ provider: 'p', model: 'x', priority: 1, weight: 1 }],
  });
  expect(snapshot.router).toEqual({ backgroundPattern: '(?i)claude.*haiku', rules: [] });
  expect(snapshot.plugins).toEqual([]);
});

test('a secret makes client_secret_basic the default', () => {
  const text =
    'oauthProviders: [{ name: idp, issuer: "https://idp.example", clientId: me, clientSecret: "${S}" }]';
  expect(parsed(text, { S: 'x' }).oauthProviders.get('idp')?.clientAuthentication).toBe(
    'client_secret_basic',
  );
});

test('what stands beside a preset wins over it', () => {
  const text =
    'providers: [{ name: p, preset: openai, baseUrl: "https://eu.example/v1", auth: { type: none } }]';
  expect(parsed(text).providers.get('p')).toMatchObject({
    protocol: 'openai-chat',
    baseUrl: 'https://eu.example/v1',
  });
});

test('targets come by ascending priority, equals in the order of the file', () => {
  const text = `
providers: [{ name: p, preset: openai, auth: { type: none } }]
models: [{ name: m, targets: [{ provider: p, model: c, priority: 2 }, { provider: p, model: a }, { provider: p, model: b }] }]`;
  expect(
    parsed(text)
      .models.get('m')
      ?.targets.map((target) => target.model),
  ).toEqual(['a', 'b', 'c']);
});

test('shared blocks can be written once, with anchors', () => {
  const text = `
providers:
  - { name: a, preset: openai, auth: { type: none }, timeouts: &slow { idleMs: 1000 } }
  - { name: b, preset: openai, auth: { type: none }, timeouts: *slow }`;
  expect(parsed(text).providers.get('b')?.timeouts.idleMs).toBe(1000);
});

const withHeader = (value: string): string =>
  `version: 1\nproviders: [{ name: p, preset: openai, auth: { type: none }, headers: { x: ${JSON.stringify(value)} } }]`;

test.each([
  ['${A}', 'one'],
  ['<${A}-${B}>', '<one-two>'],
  ['${C:-three}', 'three'],
  ['${A:-three}', 'one'],
  ['${EMPTY:-four}', 'four'],
  ['a${EMPTY}', 'a'],
  ['${NESTED}', '${A}'],
  ['${STRUCTURE}', '", y: [1] #'],
  ['$A $ {A} $', '$A $ {A} $'],
  ['${C:-http://127.0.0.1:1/x}', 'http://127.0.0.1:1/x'],
])('the reference in %j gives %j', (value, expected) => {
  const env = { A: 'one', B: 'two', EMPTY: '', NESTED: '${A}', STRUCTURE: '", y: [1] #' };
  expect(parseConfig(withHeader(value), env).providers.get('p')?.headers['x']).toBe(expected);
});

test('NAME_FILE names a file that holds the value, without its last line end', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'muxgate-config-')), 'secret');
  writeFileSync(file, 'from a file\n');
  expect(parseConfig(withHeader('${A}'), { A_FILE: file }).providers.get('p')?.headers['x']).toBe(
    'from a file',
  );
  expect(
    parseConfig(withHeader('${A}'), { A_FILE: file, A: 'direct' }).providers.get('p')?.headers['x'],
  ).toBe('direct');
});

test('a value that is one reference becomes the number or the flag that its key wants', () => {
  const text = `
providers: [{ name: p, preset: openai, auth: { type: none }, enabled: "\${ON}", timeouts: { idleMs: "\${IDLE:-250}" } }]`;
  expect(parsed(text, { ON: 'false' }).providers.get('p')).toMatchObject({
    enabled: false,
    timeouts: { idleMs: 250 },
  });
  expect(parsed(text, { ON: 'true', IDLE: '7' }).providers.get('p')).toMatchObject({
    enabled: true,
    timeouts: { idleMs: 7 },
  });
});

test('nothing in a snapshot can be changed', async () => {
  const { snapshot } = await loadConfig('config/example.yaml', EXAMPLE_ENV);
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    expect(Object.isFrozen(value)).toBe(true);
    for (const inner of Object.values(value)) visit(inner);
    if ('entries' in value && !Array.isArray(value))
      for (const [, inner] of value as ReadonlyMap<string, unknown>) visit(inner);
  };
  visit(snapshot);
  expect(seen.size).toBeGreaterThan(40);
  const models = snapshot.models as Map<string, unknown>;
  expect(() => models.set('x', {})).toThrow(TypeError);
  expect(() => Map.prototype.set.call(models, 'x', {})).toThrow(TypeError);
});

test('clients go without keys only where HOST is loopback', () => {
  const open = parsed('clients: { authentication: disabled }');
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) assertAuthenticationSafe(open, host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'muxgate.example', '']) {
    expect(() => assertAuthenticationSafe(open, host)).toThrow(ConfigInvalid);
  }
  assertAuthenticationSafe(parsed(''), '0.0.0.0');
});

test.each([
  [
    'an alias bomb',
    `a: &a [x]\n${'bcdefghijkl'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghijkl'[i]}`).join(', ')}]`)
      .join('\n')}`,
  ],
  ['an alias of itself', 'version: 1\nplugins: &a [*a]'],
  ['a section that holds itself', 'version: 1\nproviders: &a [{ auth: *a }]\nrouter: &r { longContext: *r }'],
  ['a very deep nest', `version: 1\nplugins: ${'['.repeat(50_000)}`],
  ['a very deep nest that closes', `version: 1\nplugins: ${'['.repeat(5_000)}${']'.repeat(5_000)}`],
  ['more than 1 MiB', `version: 1\n# ${'x'.repeat(1024 * 1024)}`],
  ['two documents', 'version: 1\n---\nversion: 1'],
  ['an unknown tag', 'version: !foo 1'],
  ['an unknown alias', 'version: *v'],
  ['a merge key', 'version: 1\n<<: { models: [] }'],
])('%s is refused', (_, text) => {
  expect(problems(text)).not.toEqual([]);
});

/** Whether a text gives a snapshot or ConfigInvalid. */
function isSettled(text: string): boolean {
  try {
    return Object.isFrozen(parseConfig(text, { A: 'x' }));
  } catch (error) {
    return error instanceof ConfigInvalid && error.problems.length > 0;
  }
}

test('any text is a snapshot or ConfigInvalid, never another error', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json());
  const settled = fc.property(text, (value) => isSettled(value));
  expect(fc.check(settled, { numRuns: 1000 })).toMatchObject({ failed: false });
});

const KEYS = (
  'version clients oauthProviders providers models router name preset auth type value credential targets provider ' +
  'model headers timeouts rules when header team use grant issuer scopes longContext pricing baseUrl protocol ' +
  '__proto__ constructor toString then'
).split(' ');
const VALUES = [
  null,
  true,
  1,
  -1,
  Infinity,
  '',
  'openai',
  'apiKey',
  '${A}',
  '${',
  'https://x.example',
  'http://[',
  '(',
];
const { tree } = fc.letrec((again) => ({
  tree: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(fc.constantFrom(...VALUES), fc.string()),
    fc.array(again('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), again('tree'), { maxKeys: 6 }),
  ),
}));

test('any structure of known keys is a snapshot or ConfigInvalid, never another error', () => {
  const settled = fc.property(fc.dictionary(fc.constantFrom(...KEYS), tree), (value) =>
    isSettled(stringify({ version: 1, ...value })),
  );
  expect(fc.check(settled, { numRuns: 1000 })).toMatchObject({ failed: false });
});
