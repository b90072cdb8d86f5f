import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { ConfigInvalid, loadConfig, parseConfig } from './index.js';

let directory: string;
let count = 0;

beforeAll(async () => {
  directory = await temporaryDirectory();
});

/** A module of its own: the text after `export default`. */
async function plugin(text: string): Promise<string> {
  const name = `./plugin-${count++}.mjs`;
  await writeFile(join(directory, name), `export default ${text}`);
  return name;
}

async function load(modules: readonly string[], more = '') {
  const file = join(directory, `muxgate-${count++}.yaml`);
  await writeFile(file, `version: 1\nplugins: ${JSON.stringify(modules)}\n${more}`);
  return loadConfig(file, {});
}

const problemsOf = async (loading: Promise<unknown>): Promise<readonly string[]> => {
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigInvalid)) throw new Error('it was not refused', { cause: error });
  return error.problems;
};

const preset = (name: string, more = ''): string =>
  `{ name: '${name}', title: 'X', protocol: 'openai-chat', baseUrl: 'https://x.example/v1', docs: 'https://x.example', ${more} }`;
const oauthPreset = (name: string, more = ''): string =>
  `{ name: '${name}', title: 'X', docs: 'https://x.example', fields: { issuer: 'https://x.example' }, ${more} }`;
const sound = (name: string, more = ''): string => `{ apiVersion: 1, name: '${name}', ${more} }`;
const broken = (more: string): Promise<readonly string[]> =>
  plugin(sound('x', more)).then((name) => problemsOf(load([name])));

test('a provider preset of a plugin fills in what a built-in one would', async () => {
  const module = await plugin(
    sound('x', `providerPresets: [${preset('acme', "headers: { 'Acme-Version': '3' }")}]`),
  );
  const { snapshot } = await load([module], 'providers: [{ name: p, preset: acme, auth: { type: none } }]');
  expect(snapshot.providers.get('p')).toMatchObject({
    protocol: 'openai-chat',
    baseUrl: 'https://x.example/v1',
    headers: { 'acme-version': '3' },
  });
});

test('an OAuth preset of a plugin fills in what a built-in one would', async () => {
  const quirks = "quirks: { facts: { org: ['org', 'id'] }, upstreamHeaders: { 'x-org': '{org}' } }";
  const module = await plugin(sound('x', `oauthPresets: [${oauthPreset('acme', quirks)}]`));
  const { snapshot } = await load([module], 'oauthProviders: [{ name: o, preset: acme, clientId: me }]');
  expect(snapshot.oauthProviders.get('o')).toMatchObject({
    issuer: 'https://x.example',
    quirks: { facts: { org: ['org', 'id'] }, upstreamHeaders: { 'x-org': '{org}' } },
  });
});

test('a preset that demands acknowledgement is off without it, as a built-in one is', async () => {
  const more = "termsNotice: 'Ask first.', needsAcknowledgement: true";
  const module = await plugin(sound('x', `oauthPresets: [${oauthPreset('acme', more)}]`));
  expect(
    await problemsOf(load([module], 'oauthProviders: [{ name: o, preset: acme, clientId: me }]')),
  ).toEqual(['oauthProviders[0].acknowledgeTerms: must be true to use this preset: Ask first.']);
});

test('every failure of every plugin is named at once, beside the mistakes of the file', async () => {
  const throwing = await plugin("(() => { throw new Error('no licence') })()");
  const old = await plugin("{ apiVersion: 2, name: 'old', requestHeader: () => ({}) }");
  const modules = [
    throwing,
    './missing.mjs',
    'no-such-package-of-muxgate',
    'https://evil.example/x.mjs',
    old,
  ];
  expect(await problemsOf(load(modules, 'modles: []'))).toEqual([
    'modles: unknown key; did you mean "models"?',
    `plugins[0]: "${throwing}" cannot be loaded: no licence`,
    expect.stringMatching(/^plugins\[1\]: "\.\/missing\.mjs" cannot be loaded: .*missing\.mjs/),
    expect.stringMatching(/^plugins\[2\]: "no-such-package-of-muxgate" cannot be loaded: /),
    'plugins[3]: "https://evil.example/x.mjs" is neither a path that begins with "./", "../" or "/" nor the name of a package',
    'plugins[4].requestHeader: unknown key; did you mean "requestHeaders"?',
    'plugins[4].apiVersion: must be 1',
  ]);
});

test('a module without a default export is refused', async () => {
  await writeFile(join(directory, 'named.mjs'), 'export const name = 1;');
  expect(await problemsOf(load(['./named.mjs']))).toEqual([
    'plugins[0]: "./named.mjs" has no default export',
  ]);
});

test('a package is found by its name', async () => {
  expect(await problemsOf(load(['yaml']))).toContain('plugins[0].apiVersion: is missing');
});

test('a default export that is no object is refused', async () => {
  expect(await problemsOf(load([await plugin('42')]))).toEqual([
    'plugins[0]: must be a section (keys and values)',
  ]);
});

test.each([
  ["providerPresets: [{ name: 'acme' }]", 'plugins[0].providerPresets[0].title: is missing'],
  [
    `providerPresets: [${preset('acme', "baseUrl: 'http://x.example'")}]`,
    'plugins[0].providerPresets[0].baseUrl: must begin with https://; http:// is for loopback, or with allowPrivateNetwork: true',
  ],
  [
    `providerPresets: [${preset('acme', "headers: { Authorization: 'Bearer k' }")}]`,
    'plugins[0].providerPresets[0].headers.Authorization: carries credentials, which a preset must not hold',
  ],
  [
    `providerPresets: [${preset('openai')}]`,
    'plugins[0].providerPresets[0].name: there is a preset "openai" already',
  ],
  [
    `providerPresets: [${preset('a')}, ${preset('a')}]`,
    'plugins[0].providerPresets[1].name: there is a preset "a" already',
  ],
  ["oauthPresets: [{ name: 'acme', title: 'X' }]", 'plugins[0].oauthPresets[0].fields: is missing'],
  [
    `oauthPresets: [${oauthPreset('acme', "quirks: { afterConnect: 'code-assist' }")}]`,
    'plugins[0].oauthPresets[0].quirks.afterConnect: unknown key',
  ],
  [
    `oauthPresets: [${oauthPreset('acme', 'quirks: { refusalStatuses: [403, 200] }')}]`,
    'plugins[0].oauthPresets[0].quirks.refusalStatuses[1]: must be a whole number from 400 to 599',
  ],
  [
    `oauthPresets: [${oauthPreset('acme', "quirks: { upstreamHeaders: { 'X-Api-Key': 'k' } }")}]`,
    'plugins[0].oauthPresets[0].quirks.upstreamHeaders.X-Api-Key: carries credentials, which a preset must not hold',
  ],
  ["requestHeaders: 'x'", 'plugins[0].requestHeaders: must be a function'],
])('a plugin with %s is refused', async (more, problem) => {
  expect(await broken(more)).toContain(problem);
});

test('no token of an answer can be taken for a fact or an account', async () => {
  const quirks = "quirks: { account: ['refresh_token'], facts: { rt: ['authed_user', 'refresh_token'] } }";
  expect(await broken(`oauthPresets: [${oauthPreset('acme', quirks)}]`)).toEqual([
    'plugins[0].oauthPresets[0].quirks.account: must not lead to a token',
    'plugins[0].oauthPresets[0].quirks.facts.rt: must not lead to a token',
  ]);
});

test('two plugins cannot have one name', async () => {
  const modules = [await plugin(sound('x')), await plugin(sound('x'))];
  expect(await problemsOf(load(modules))).toEqual(['plugins[1].name: another plugin is named "x" too']);
});

test('relative paths begin at the configuration file', async () => {
  await mkdir(join(directory, 'deep'));
  await writeFile(join(directory, 'deep', 'muxgate.yaml'), 'version: 1\nplugins: [../beside.mjs]');
  await writeFile(join(directory, 'beside.mjs'), `export default ${sound('beside', 'requestHeaders() {}')}`);
  const { plugins } = await loadConfig(join(directory, 'deep', 'muxgate.yaml'), {});
  expect(plugins.hooks.map(({ name }) => name)).toEqual(['beside']);
});

test('plugins without hooks leave no hooks behind', async () => {
  const { plugins } = await load([await plugin(sound('data', `providerPresets: [${preset('acme')}]`))]);
  expect(plugins.hooks).toEqual([]);
});

test('a text that names other plugins than those loaded says that it needs a restart', async () => {
  const module = await plugin(sound('x'));
  const { plugins } = await load([module]);
  expect(parseConfig(`version: 1\nplugins: ["${module}"]`, {}, { plugins }).plugins).toEqual([module]);
  expect(() => parseConfig('version: 1\nplugins: [./other.mjs]', {}, { plugins })).toThrow(
    `plugins: takes effect at a restart with this file; loaded are [${module}]`,
  );
  expect(() => parseConfig('version: 1\nplugins: [./other.mjs]', {})).toThrow('plugins: takes effect');
});
