import { expect, test } from 'vitest';
import { ConfigInvalid, parseConfig } from './index.js';

/** A file of its own for every row: the entry under test inside an otherwise sound configuration. */
const oauth = (fields: string): string => `version: 1\noauthProviders:\n  - { name: idp, ${fields} }`;
const idp = (fields: string): string => oauth(`clientId: me, issuer: "https://idp.example", ${fields}`);
const provider = (fields: string): string => `version: 1\nproviders:\n  - { name: p, ${fields} }`;
const api = (fields: string): string =>
  provider(`protocol: openai-chat, baseUrl: "https://llm.example", auth: { type: none }, ${fields}`);
const auth = (fields: string): string =>
  provider(`protocol: openai-chat, baseUrl: "https://llm.example", auth: { ${fields} }`);
const catalogue = (models: string): string =>
  `version: 1\nproviders: [{ name: anthropic, preset: anthropic, auth: { type: none } }]\nmodels: ${models}`;
const target = (fields: string): string =>
  catalogue(`[{ name: m, targets: [{ provider: anthropic, model: x, ${fields} }] }]`);
const router = (fields: string): string =>
  `${catalogue('[{ name: sonnet, targets: [{ provider: anthropic, model: x }] }]')}\nrouter: { ${fields} }`;
const when = (fields: string): string => router(`rules: [{ name: r, use: sonnet, when: { ${fields} } }]`);
const hook = (fields: string): string =>
  `version: 1\nwebhooks: [{ name: w, url: "https://hooks.example", ${fields} }]`;
const SECRET = 'secrets must be a reference such as "${ACME_CLIENT_SECRET}"';
const HTTP = 'must begin with https://; http:// is for loopback, or with allowPrivateNetwork: true';

const TABLE: Array<[text: string, ...problems: string[]]> = [
  // The file as a whole
  ['', 'the file must be a map that begins with "version: 1"'],
  ['- 1', 'the file must be a map that begins with "version: 1"'],
  ['just text', 'the file must be a map that begins with "version: 1"'],
  ['models: []', 'version: is missing'],
  ['version: 2', 'version: must be 1'],
  ['version: one', 'version: must be 1'],
  ['version: 1\nmodles: []', 'modles: unknown key; did you mean "models"?'],
  ['version: 1\nzzzzzz: []', 'zzzzzz: unknown key'],
  ['version: 1\nconstructor: 1\n__proto__: { a: 1 }', 'constructor: unknown key', '__proto__: unknown key'],
  ['version: 1\nmodels: {}', 'models: must be a list'],
  ['version: 1\nmodels: [x]', 'models[0]: must be a section (keys and values)'],
  ['version: 1\nclients: yes', 'clients: must be a section (keys and values)'],
  [
    'version: 1\nclients: { authentication: disable }',
    'clients.authentication: must be one of required, disabled; did you mean "disabled"?',
  ],
  ['version: 1\nplugins: x', 'plugins: must be a list'],
  [
    'version: 1\nplugins: [a, 5, ""]',
    'plugins[1]: must be text; put it in quotes',
    'plugins[2]: must not be empty',
  ],
  // OAuth providers
  [
    'version: 1\noauthProviders: [{}]',
    'oauthProviders[0].name: is missing',
    'oauthProviders[0].clientId: is missing',
    'oauthProviders[0].authorizationUrl: is missing: without issuer, the grant authorization_code needs it',
    'oauthProviders[0].tokenUrl: is missing: without issuer, the grant authorization_code needs it',
  ],
  [oauth('issuer: "https://idp.example"'), 'oauthProviders[0].clientId: is missing'],
  [
    oauth('clientId: 12, issuer: "https://idp.example"'),
    'oauthProviders[0].clientId: must be text; put it in quotes',
  ],
  [
    oauth('clientId: me, grant: device_code'),
    'oauthProviders[0].deviceAuthorizationUrl: is missing: without issuer, the grant device_code needs it',
    'oauthProviders[0].tokenUrl: is missing: without issuer, the grant device_code needs it',
  ],
  [
    idp('grant: authorisation_code'),
    'oauthProviders[0].grant: must be one of authorization_code, device_code, client_credentials; did you mean "authorization_code"?',
  ],
  [
    idp('grant: client_credentials, clientSecret: "${S}", reauthorizeAfterDays: 9'),
    'oauthProviders[0].reauthorizeAfterDays: has no use with the grant client_credentials',
  ],
  [
    idp('grant: client_credentials'),
    'oauthProviders[0].clientSecret: is missing: the grant client_credentials needs it',
  ],
  [
    idp('clientAuthentication: client_secret_post'),
    'oauthProviders[0].clientSecret: is missing: client_secret_post needs it',
  ],
  [
    idp('clientAuthentication: none, clientSecret: "${S}"'),
    'oauthProviders[0].clientAuthentication: is none, but there is a clientSecret',
  ],
  [idp('clientSecret: literal'), `oauthProviders[0].clientSecret: ${SECRET}`],
  [idp('clientSecret: "${S:-literal}"'), `oauthProviders[0].clientSecret: ${SECRET}`],
  [idp('clientSecret: "x${S}"'), `oauthProviders[0].clientSecret: ${SECRET}`],
  [idp('clientSecret: 12345'), `oauthProviders[0].clientSecret: ${SECRET}`],
  [
    idp('clientSecret: "${MISSING}"'),
    'oauthProviders[0].clientSecret: the environment variable MISSING is not set',
  ],
  [idp('clientSecret: "${EMPTY}"'), 'oauthProviders[0].clientSecret: must not be empty'],
  [oauth('clientId: me, issuer: "http://idp.example"'), `oauthProviders[0].issuer: ${HTTP}`],
  [
    oauth('clientId: me, issuer: "https://idp.example?a=b"'),
    'oauthProviders[0].issuer: must not hold a query ("?…")',
  ],
  [idp('tokenUrl: "http://10.0.0.1/token"'), `oauthProviders[0].tokenUrl: ${HTTP}`],
  [
    idp('tokenUrl: "ftp://idp.example"'),
    'oauthProviders[0].tokenUrl: must be a URL that begins with https:// (or http://)',
  ],
  [
    idp('tokenUrl: idp.example'),
    'oauthProviders[0].tokenUrl: must be a URL that begins with https:// (or http://)',
  ],
  [
    idp('tokenUrl: "https://u:p@idp.example"'),
    'oauthProviders[0].tokenUrl: must not hold a user name or password',
  ],
  [
    idp('redirectUri: "https://mux.example/#x"'),
    'oauthProviders[0].redirectUri: must not hold a fragment ("#…")',
  ],
  [idp('scopes: openid'), 'oauthProviders[0].scopes: must be a list'],
  [
    idp('scopes: ["openid profile", 3]'),
    'oauthProviders[0].scopes[0]: must be one scope, without spaces or quotes',
    'oauthProviders[0].scopes[1]: must be text; put it in quotes',
  ],
  [
    idp('authorizeParams: { prompt: true }'),
    'oauthProviders[0].authorizeParams.prompt: must be text; put it in quotes',
  ],
  [idp('authorizeParams: [a]'), 'oauthProviders[0].authorizeParams: must be a map of names to texts'],
  [
    idp('refreshAheadSeconds: -1'),
    'oauthProviders[0].refreshAheadSeconds: must be a whole number from 0 to 86400',
  ],
  [
    idp('refreshAheadSeconds: 1.5'),
    'oauthProviders[0].refreshAheadSeconds: must be a whole number from 0 to 86400',
  ],
  [
    idp('refreshAheadSeconds: "300"'),
    'oauthProviders[0].refreshAheadSeconds: must be a whole number from 0 to 86400',
  ],
  [idp('allowPrivateNetwork: "yes"'), 'oauthProviders[0].allowPrivateNetwork: must be true or false'],
  [idp('tokenFormat: json'), 'oauthProviders[0].tokenFormat: unknown key'],
  [
    idp('tokenRequestFromat: json'),
    'oauthProviders[0].tokenRequestFromat: unknown key; did you mean "tokenRequestFormat"?',
  ],
  [
    oauth('preset: antropic-max'),
    'oauthProviders[0].preset: no preset is named "antropic-max"; did you mean "anthropic-max"?',
  ],
  [
    oauth('preset: microsoft-entra, clientId: a'),
    'oauthProviders[0].tenant: is missing: the preset "microsoft-entra" needs it',
    'oauthProviders[0].clientSecret: is missing: client_secret_post needs it',
  ],
  [
    oauth('preset: google-gemini, acknowledgeTerms: true'),
    'oauthProviders[0].clientId: is missing',
    'oauthProviders[0].clientSecret: is missing: client_secret_post needs it',
  ],
  [
    oauth('preset: github-copilot, clientId: a, tenant: "evil.example/x"'),
    'oauthProviders[0].tenant: must be an id or a host name',
  ],
  [
    oauth('preset: generic-oidc, clientId: a'),
    'oauthProviders[0].issuer: is missing: the preset "generic-oidc" needs it',
  ],
  [
    `${oauth('preset: github-copilot, clientId: a')}\nproviders: [{ name: p, protocol: openai-chat, baseUrl: "https://evil.example", auth: { type: oauth, credential: idp } }]`,
    'providers[0].baseUrl: the credential "idp" may only be sent to *.githubcopilot.com, copilot-api.*.ghe.com',
  ],
  // Providers
  [
    'version: 1\nproviders: [{ name: p }]',
    'providers[0].auth: is missing',
    'providers[0].protocol: is missing: without preset, it is needed',
    'providers[0].baseUrl: is missing: without preset, it is needed',
  ],
  [
    provider('preset: openia, auth: { type: none }'),
    'providers[0].preset: no preset is named "openia"; did you mean "openai"?',
  ],
  [
    provider('preset: openai, auth: { type: none }, protocol: openai'),
    'providers[0].protocol: must be one of anthropic-messages, openai-chat, openai-responses, gemini, vertex, vertex-anthropic, bedrock',
  ],
  [
    api('timeouts: { connectMs: 0 }'),
    'providers[0].timeouts.connectMs: must be a whole number from 1 to 3600000',
  ],
  [
    api('timeouts: { connectms: 5 }'),
    'providers[0].timeouts.connectms: unknown key; did you mean "connectMs"?',
  ],
  [api('enabled: "${WORD}"'), 'providers[0].enabled: must be true or false'],
  [api('headers: { "a b": c }'), 'providers[0].headers.a b: is not a header name'],
  [api('headers: { x: "a\\nb" }'), 'providers[0].headers.x: holds a character that a header cannot have'],
  [api('headers: { Host: x }'), 'providers[0].headers.Host: is a header that Muxgate sets itself'],
  [api('headers: { authorization: Bearer abc }'), `providers[0].headers.authorization: ${SECRET}`],
  [api('headers: { X-Auth-Token: abc }'), `providers[0].headers.X-Auth-Token: ${SECRET}`],
  [
    api('headers: { ocp-apim-subscription-key: abc }'),
    `providers[0].headers.ocp-apim-subscription-key: ${SECRET}`,
  ],
  [
    api('headers: { x: "${open" }'),
    'providers[0].headers.x: "${" must begin a reference such as "${NAME}" or "${NAME:-default}"',
  ],
  [
    auth('type: apikey'),
    'providers[0].auth.type: must be one of apiKey, storedKey, oauth, passthrough, none; did you mean "apiKey"?',
  ],
  [auth('value: "${S}"'), 'providers[0].auth.type: is missing'],
  [auth('type: apiKey'), 'providers[0].auth.value: is missing: the type apiKey needs it'],
  [auth('type: apiKey, value: sk-literal'), `providers[0].auth.value: ${SECRET}`],
  [
    auth('type: apiKey, value: "${NOT_THERE}"'),
    'providers[0].auth.value: the environment variable NOT_THERE is not set',
  ],
  [
    auth('type: apiKey, value: "${NO}"'),
    'providers[0].auth.value: the file that NO_FILE names cannot be read',
  ],
  [
    auth('type: oauth, value: "${S}"'),
    'providers[0].auth.value: has no meaning with the type oauth',
    'providers[0].auth.credential: is missing: the type oauth needs it',
  ],
  [auth('type: none, credential: c'), 'providers[0].auth.credential: has no meaning with the type none'],
  [
    auth('type: oauth, credential: "a{user}"'),
    'providers[0].auth.credential: may hold letters, digits, ".", "_", "-", {client} and {team}, at most 128 characters',
  ],
  [
    provider('protocol: openai-chat, auth: { type: none }, baseUrl: "http://llm.example"'),
    `providers[0].baseUrl: ${HTTP}`,
  ],
  [
    provider('protocol: openai-chat, auth: { type: none }, baseUrl: "https://llm.example/v1?key=1"'),
    'providers[0].baseUrl: must not hold a query ("?…")',
  ],
  [
    'version: 1\nproviders: [{ name: p, preset: openai, auth: { type: none } }, { name: p, preset: openai, auth: { type: none } }]',
    'providers[1].name: there is another provider named "p"',
  ],
  [
    'version: 1\nproviders: [{ name: "a b", preset: openai, auth: { type: none } }]',
    'providers[0].name: may hold letters, digits, ".", "_" and "-", at most 128',
  ],
  // Models
  [catalogue('[{ name: m }]'), 'models[0].targets: is missing'],
  [catalogue('[{ name: m, targets: [] }]'), 'models[0].targets: must hold at least one target'],
  [
    catalogue('[{ name: "a b", targets: [{ provider: anthropic, model: x }] }]'),
    'models[0].name: may hold printable ASCII without spaces, at most 200 characters',
  ],
  [target('weight: 0'), 'models[0].targets[0].weight: must be a whole number from 1 to 1000'],
  [target('priority: low'), 'models[0].targets[0].priority: must be a whole number from 0 to 1000'],
  [catalogue('[{ name: m, targets: [{ provider: anthropic }] }]'), 'models[0].targets[0].model: is missing'],
  [
    catalogue('[{ name: m, targets: [{ provider: anthropc, model: x }] }]'),
    'models[0].targets[0].provider: no provider is named "anthropc"; did you mean "anthropic"?',
  ],
  [
    catalogue('[{ name: m, targets: [{ provider: zebra, model: x }] }]'),
    'models[0].targets[0].provider: no provider is named "zebra"',
  ],
  [
    catalogue('[{ name: m, targets: [{ provider: anthropic, model: x }], pricing: { input: "3" } }]'),
    'models[0].pricing.input: must be a number from 0 to 1000000',
    'models[0].pricing.output: is missing',
  ],
  [
    catalogue(
      '[{ name: m, targets: [{ provider: anthropic, model: x }], pricing: { input: .nan, output: .inf } }]',
    ),
    'models[0].pricing.input: must be a number from 0 to 1000000',
    'models[0].pricing.output: must be a number from 0 to 1000000',
  ],
  // Router
  [router('default: sonet'), 'router.default: no model is named "sonet"; did you mean "sonnet"?'],
  [router('think: other, webSearch: sonnet'), 'router.think: no model is named "other"'],
  [router('autoMap: "^claude-"'), 'router.default: is missing: autoMap maps to it'],
  [
    router('backgroundPattern: "(?i)claude(?=x)"'),
    'router.backgroundPattern: is not an RE2 pattern: invalid or unsupported Perl syntax: `(?=`',
  ],
  [
    router('backgroundPattern: "(a)\\\\1"'),
    'router.backgroundPattern: is not an RE2 pattern: invalid escape sequence: `\\1`',
  ],
  [
    router('backgroundPattern: "(a"'),
    'router.backgroundPattern: is not an RE2 pattern: missing closing ): `(a`',
  ],
  [
    router('longContext: { model: sonet }'),
    'router.longContext.thresholdTokens: is missing',
    'router.longContext.model: no model is named "sonet"; did you mean "sonnet"?',
  ],
  [router('rules: [{ name: r, use: sonnet }]'), 'router.rules[0].when: is missing'],
  [when(''), 'router.rules[0].when: must hold at least one condition'],
  [when('model: "[a"'), 'router.rules[0].when.model: is not an RE2 pattern: missing closing ]: `[a`'],
  [
    when('header: { user-agent: "(?<!x)a" }'),
    'router.rules[0].when.header.user-agent: is not an RE2 pattern: invalid named capture: `(?<!x)a`',
  ],
  [when('header: { "a b": c }'), 'router.rules[0].when.header.a b: is not a header name'],
  [when('team: [ci, 4]'), 'router.rules[0].when.team[1]: must be text; put it in quotes'],
  [when('tool: []'), 'router.rules[0].when.tool: must hold at least one value'],
  [when('thinking: "true"'), 'router.rules[0].when.thinking: must be true or false'],
  [when('minTokens: many'), 'router.rules[0].when.minTokens: must be a whole number from 1 to 1000000000'],
  [
    router('rules: [{ name: r, use: sonet, when: { image: true } }]'),
    'router.rules[0].use: no model is named "sonet"; did you mean "sonnet"?',
  ],
  // Webhooks
  [
    'version: 1\nwebhooks: [{}]',
    'webhooks[0].name: is missing',
    'webhooks[0].url: is missing',
    'webhooks[0].secret: is missing: deliveries in the format json are signed',
  ],
  [
    hook('secret: literal, events: [provider.dawn], format: teams'),
    `webhooks[0].secret: ${SECRET}`,
    'webhooks[0].events[0]: must be one of credential.reauthorization_required, credential.blocked, budget.threshold, budget.exhausted, provider.down, provider.recovered, config.rejected; did you mean "provider.down"?',
    'webhooks[0].format: must be one of json, slack',
  ],
  [
    'version: 1\nwebhooks: [{ name: w, format: slack, url: "http://chat.example" }]',
    `webhooks[0].url: ${HTTP}`,
  ],
  [
    'version: 1\nwebhooks: [{ name: w, format: slack, url: "https://a.example" }, { name: w, format: slack, url: "https://a.example" }]',
    'webhooks[1].name: there is another webhook named "w"',
  ],
  [
    'version: 1\nproviders:\n  - { name: p, preset: vertex, baseUrl: "https://v.example", auth: { type: apiKey, value: "${GOOGLE_USER}" } }',
    'providers[0].auth.value: must be the JSON of a service account or of workload identity federation, or an API key',
  ],
  [
    'version: 1\nproviders:\n  - { name: p, protocol: vertex-anthropic, baseUrl: "https://v.example", auth: { type: apiKey, value: "${GOOGLE_RUN}" } }',
    'providers[0].auth.value: must not name an executable as its source',
  ],
  // YAML
  ['version: 1\nversion: 1', 'line 2, column 1: the same key is there twice'],
  [
    'version: 1\nmodels: [',
    'line 2, column 10: Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
];

const env = {
  S: 's3cr3t',
  WORD: 'maybe',
  EMPTY: '',
  NO_FILE: '/nowhere/at/all',
  GOOGLE_USER: '{"type":"authorized_user"}',
  GOOGLE_RUN: '{"type":"external_account","credential_source":{"executable":{"command":"/bin/sh"}}}',
};

test.each(TABLE)('%j is refused in plain words', (text, ...problems) => {
  expect(problemsOf(text)).toEqual(problems);
});

test('a preset that the vendor keeps for its own apps wants its terms acknowledged, and says which', () => {
  const [mistake, ...others] = problemsOf(oauth('preset: anthropic-max'));
  expect(mistake).toMatch(/^oauthProviders\[0\]\.acknowledgeTerms: must be true .* Anthropic keeps OAuth/);
  expect(others).toEqual([]);
  expect(problemsOf(oauth('preset: anthropic-max, acknowledgeTerms: true'))).toEqual([]);
});

test('R3 a redirect URI is https, but on loopback', () => {
  expect(problemsOf(idp('redirectUri: "http://127.0.0.1:1455/callback"'))).toEqual([]);
  expect(problemsOf(idp('redirectUri: "http://muxgate.example/callback"'))).toEqual([
    'oauthProviders[0].redirectUri: must begin with https://; http:// is for loopback, or with allowPrivateNetwork: true',
  ]);
});

test('mistakes never repeat a value that came from the environment', () => {
  const secret = 'sk-very-secret';
  const text = `version: "\${K}"\nproviders:\n  - { name: p, protocol: "\${K}", baseUrl: "\${K}", auth: { type: "\${K}" }, enabled: "\${K}" }`;
  expect(problemsOf(text, { K: secret }).join('\n')).not.toContain(secret);
});

function problemsOf(text: string, variables: Record<string, string> = env): readonly string[] {
  try {
    parseConfig(text, variables);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.problems;
    throw error;
  }
  return [];
}
