import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseConfig } from '@muxgate/config';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthApp, type AuthApp } from '../../services/auth/src/auth-app.ts';
import { createGateway } from '../../services/gateway/src/create-gateway.ts';
import { startWorker } from '../../services/worker/src/start-worker.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventually } from '../support/wait.ts';
import { ADMIN, OPERATOR, request, sha256, VIEWER, type Answer, type CallOptions } from './auth-harness.ts';
import { ACCESS_KEYS, REFRESH_KEYS, startGateway, type TestGateway } from './gateway.support.ts';

let redis: TestRedis;
let directory: string;
let file: string;
let auth: AuthApp;
let gateway: TestGateway;

const document = (model: string, more = ''): string => `version: 1
providers: [{ name: p, protocol: openai-chat, baseUrl: "http://127.0.0.1:1", auth: { type: none } }]
models: [{ name: ${model}, targets: [{ provider: p, model: x }] }]
${more}`;

const variables = (): Record<string, string> => ({
  HOST: '127.0.0.1',
  PORT: '0',
  MANAGEMENT_PORT: '0',
  LOG_LEVEL: 'silent',
  MUXGATE_CONFIG: file,
  REDIS_URL: redis.url,
  MUXGATE_ACCESS_KEYS: ACCESS_KEYS,
  MUXGATE_REFRESH_KEYS: REFRESH_KEYS,
  MUXGATE_ADMIN_TOKENS: `root:admin:${sha256(ADMIN)},ops:operator:${sha256(OPERATOR)},looker:viewer:${sha256(VIEWER)}`,
});

const call = (method: string, path: string, options?: CallOptions): Promise<Answer> =>
  request(auth.url, method, path, options);
const put = (text: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call('PUT', '/api/config', { body: { text }, headers });
const inForce = async (): Promise<number> => (await call('GET', '/api/config')).json.revision as number;
const served = (): string[] => [...gateway.config.current().models.keys()];
const serves = (model: string): Promise<boolean> =>
  eventually(() => served().length === 1 && served()[0] === model, 2_000);

beforeAll(async () => {
  redis = await startRedis();
  directory = await temporaryDirectory();
  file = join(directory, 'muxgate.yaml');
  await writeFile(file, document('first'));
  auth = await createAuthApp(variables());
  gateway = await startGateway(redis.url, document('own-file'));
});
afterAll(async () => {
  await gateway.shutDown();
  await auth.close();
  await redis.stop();
});

test('the file is the first revision, and a gateway that starts with another runs that revision', async () => {
  const { json, headers } = await call('GET', '/api/config', { token: VIEWER });
  expect(json).toMatchObject({
    revision: 1,
    source: 'file',
    by: 'file',
    text: document('first'),
    file: { state: 'taken', mistakes: [] },
  });
  expect(headers.get('etag')).toBe('"1"');
  expect(served()).toEqual(['first']);
});

test('a change by REST reaches every service, is numbered, and says who, when and why', async () => {
  const before = await inForce();
  const changed = await call('PUT', '/api/config', {
    body: { text: document('by-rest'), comment: 'why not' },
  });
  expect(changed).toMatchObject({ status: 200, json: { revision: before + 1, changed: true } });
  expect(changed.headers.get('etag')).toBe(`"${before + 1}"`);
  await serves('by-rest');
  const { json } = await call('GET', '/api/config/revisions');
  expect(json.items[0]).toMatchObject({
    revision: before + 1,
    by: 'root',
    source: 'api',
    comment: 'why not',
    hash: sha256(document('by-rest')),
  });
  expect(JSON.stringify(json.items[0])).not.toContain('version: 1');
  const metrics = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
  expect(metrics).toContain(`\nmuxgate_config_revision ${before + 1}\n`);
  const { items } = (await call('GET', '/api/audit')).json;
  expect(items[0]).toMatchObject({ actor: 'root', action: 'config.change', subject: String(before + 1) });
});

test('the body is {text}, or the document itself in YAML or JSON; the same text again changes nothing', async () => {
  const yaml = { 'content-type': 'application/yaml' };
  const first = await call('PUT', '/api/config?comment=as+yaml', { raw: document('as-yaml'), headers: yaml });
  expect(first).toMatchObject({ status: 200, json: { changed: true } });
  const again = await call('PUT', '/api/config', { raw: document('as-yaml'), headers: yaml });
  expect(again.json).toEqual({ revision: first.json.revision, changed: false });
  expect((await call('GET', `/api/config/revisions/${first.json.revision}`)).json.comment).toBe('as yaml');
  const json = await call('PUT', '/api/config', { body: { version: 1, models: [] } });
  expect(json).toMatchObject({ status: 200, json: { changed: true } });
  for (const body of [{}, { text: 5 }, { text: '' }, { txt: 'version: 1' }, { text: 'version: 1', more: 1 }])
    expect(await call('PUT', '/api/config', { body })).toMatchObject({ status: 400 });
  const form = { 'content-type': 'application/x-www-form-urlencoded' }; // what curl sends unless told
  expect(await call('PUT', '/api/config', { raw: document('form'), headers: form })).toMatchObject({
    status: 415,
    json: { detail: 'Send the body as application/yaml or application/json.' },
  });
  const large = document('large', `plugins: [] # ${'x'.repeat(200_000)}`);
  expect(await put(large)).toMatchObject({ status: 200 });
  expect(await put(document('too-large', `# ${'x'.repeat(1_100_000)}`))).toMatchObject({ status: 400 });
});

test('of two changes based on the same revision one is refused as stale', async () => {
  const etag = (await call('GET', '/api/config')).headers.get('etag') as string;
  const answers = await Promise.all(
    ['one', 'two', 'three'].map((model) => put(document(model), { 'if-match': etag })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
  expect(answers.find(({ status }) => status === 412)?.json).toMatchObject({ code: 'config_stale' });
  expect(await put(document('four'), { 'if-match': 'nonsense' })).toMatchObject({ status: 400 });
  expect(await put(document('four'), { 'if-match': '*' })).toMatchObject({ status: 200 });
});

test('a mistaken configuration is refused with every mistake, and the old one stays', async () => {
  const before = await inForce();
  const mistaken = `version: 1
providers: [{ name: p, protocol: openai-chat, baseUrl: "https://llm.example", auth: { type: apiKey, value: sk-literal } }]
models: [{ name: m, targets: [{ provider: q, model: x }] }]
modles: []
`;
  const answer = await put(mistaken);
  expect(answer).toMatchObject({ status: 422, json: { code: 'config_invalid' } });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.json.mistakes.map(({ path }: { path: string }) => path)).toEqual([
    'modles',
    'providers[0].auth.value',
    'models[0].targets[0].provider',
  ]);
  expect(answer.text).not.toContain('sk-literal');
  expect(await inForce()).toBe(before);
  const checked = await call('POST', '/api/config/validate', { body: { text: mistaken }, token: VIEWER });
  expect(checked.json).toMatchObject({ valid: false, mistakes: answer.json.mistakes });
});

test('validation says how a document differs from the one in force', async () => {
  await put(document('before'));
  const { json } = await call('POST', '/api/config/validate', { body: { text: document('after') } });
  expect(json).toMatchObject({ valid: true, mistakes: [] });
  expect(json.diff).toContain('-models: [{ name: before');
  expect(json.diff).toContain('+models: [{ name: after');
});

test('an old revision can be read, compared and restored as a new one', async () => {
  const old = (await put(document('old'))).json.revision as number;
  const newer = (await put(document('newer'))).json.revision as number;
  const { json } = await call('GET', `/api/config/revisions/${newer}`);
  expect(json).toMatchObject({ revision: newer, against: old, text: document('newer') });
  expect(json.diff).toContain('-models: [{ name: old');
  const restored = await call('POST', `/api/config/revisions/${old}/restore`, { body: {} });
  expect(restored).toMatchObject({ status: 200, json: { revision: newer + 1, changed: true } });
  await serves('old');
  expect(await call('GET', '/api/config/revisions/999')).toMatchObject({ status: 404 });
  expect(await call('POST', '/api/config/revisions/999/restore', { body: {} })).toMatchObject({
    status: 404,
  });
});

test('viewers read, only admins change', async () => {
  for (const token of [VIEWER, OPERATOR]) {
    expect(await call('PUT', '/api/config', { body: { text: 'version: 1' }, token })).toMatchObject({
      status: 403,
    });
    expect(await call('POST', '/api/config/revisions/1/restore', { body: {}, token })).toMatchObject({
      status: 403,
    });
    expect(await call('GET', '/api/config/revisions/1', { token })).toMatchObject({ status: 200 });
  }
});

test('revisions are paged', async () => {
  const all = (await call('GET', '/api/config/revisions')).json.items as { revision: number }[];
  const first = (await call('GET', '/api/config/revisions?limit=2')).json;
  const second = (await call('GET', `/api/config/revisions?limit=2&cursor=${first.nextCursor}`)).json;
  expect([...first.items, ...second.items]).toEqual(all.slice(0, 4));
});

test('a file that is written, replaced by an editor, or exchanged as Kubernetes does becomes a revision', async () => {
  await writeFile(file, document('written'));
  await serves('written');
  await writeFile(`${file}.tmp`, document('renamed'));
  await rename(`${file}.tmp`, file);
  await serves('renamed');

  // a ConfigMap: file → ..data/file, ..data → ..2026_1, and ..data is exchanged
  await mkdir(join(directory, '..2026_1'));
  await writeFile(join(directory, '..2026_1', 'muxgate.yaml'), document('mounted-1'));
  await symlink('..2026_1', join(directory, '..data'));
  await rm(file);
  await symlink(join('..data', 'muxgate.yaml'), file);
  await serves('mounted-1');
  await mkdir(join(directory, '..2026_2'));
  await writeFile(join(directory, '..2026_2', 'muxgate.yaml'), document('mounted-2'));
  await symlink('..2026_2', join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  await serves('mounted-2');
  const { json } = await call('GET', '/api/config');
  expect(json).toMatchObject({ source: 'file', by: 'file' });
  const entries = (await call('GET', '/api/audit?actor=file&outcome=success')).json.items;
  expect(entries[0]).toMatchObject({ action: 'config.change', subject: String(json.revision) });
});

test('a mistaken file is kept out and shown, until it is mended', async () => {
  const before = await inForce();
  await writeFile(file, 'version: 1\nmodles: []\n');
  await eventually(async () => {
    const { json } = await call('GET', '/api/config');
    expect(json).toMatchObject({ revision: before, file: { state: 'rejected' } });
    expect(json.file.mistakes).toEqual([{ path: 'modles', message: 'unknown key; did you mean "models"?' }]);
    const shown = (json.replicas as { service: string; fileMistakes?: string[] }[]).find(
      ({ service }) => service === 'auth',
    );
    expect(shown?.fileMistakes).toEqual(['modles: unknown key; did you mean "models"?']);
  });
  const metrics = await (await fetch(`${auth.managementUrl}/metrics`)).text();
  expect(metrics).toContain('muxgate_config_rejected_total{source="file"} 1');
  const entries = (await call('GET', '/api/audit?actor=file&outcome=failure')).json.items;
  expect(entries).toMatchObject([
    { action: 'config.change', subject: 'file', details: { code: 'config_invalid', mistakes: 1 } },
  ]);
  await writeFile(file, document('mended'));
  await serves('mended');
  expect((await call('GET', '/api/config')).json.file).toMatchObject({ state: 'taken', mistakes: [] });
});

test('a restart with a file that did not change does not undo what REST changed since', async () => {
  await put(document('after-the-file'));
  const before = await inForce();
  await auth.close();
  auth = await createAuthApp(variables());
  expect((await call('GET', '/api/config')).json).toMatchObject({
    revision: before,
    file: { state: 'taken' },
  });
  expect(served()).toEqual(['after-the-file']);
});

test('replicas that see the same file make one revision of it', async () => {
  const others = await Promise.all([createAuthApp(variables()), createAuthApp(variables())]);
  const before = await inForce();
  await writeFile(file, document('seen-by-three'));
  await serves('seen-by-three');
  await eventually(async () => {
    const { replicas } = (await call('GET', '/api/config')).json as {
      replicas: { service: string; revision: number }[];
    };
    const auths = replicas.filter(({ service }) => service === 'auth');
    expect(auths.map(({ revision }) => revision)).toEqual([before + 1, before + 1, before + 1]);
  });
  expect(await inForce()).toBe(before + 1);
  for (const other of others) await other.close();
});

test('a replica without a variable that a revision names keeps the old one, and says so', async () => {
  const before = await inForce();
  const name = `ONLY_AUTH_${randomBytes(4).toString('hex')}`;
  const withSecret = (await readFile(file, 'utf8')).replace(
    'auth: { type: none }',
    `auth: { type: apiKey, value: "\${${name}}" }`,
  );
  await auth.close();
  auth = await createAuthApp({ ...variables(), [name]: 'sk-hidden' });
  expect(await put(withSecret)).toMatchObject({ status: 200 });
  await eventually(async () => {
    const answer = await call('GET', '/api/config');
    const replicas = answer.json.replicas as { service: string; revision: number; problem?: object }[];
    expect(replicas.find(({ service }) => service === 'gateway')).toMatchObject({
      revision: before,
      problem: {
        revision: before + 1,
        mistakes: [`providers[0].auth.value: the environment variable ${name} is not set`],
      },
    });
    expect(replicas.find(({ service }) => service === 'auth')).toMatchObject({ revision: before + 1 });
    expect(answer.text).not.toContain('sk-hidden');
  });
  expect(gateway.config.current().revision).toBe(before);
  expect(await put(document('for-all'))).toMatchObject({ status: 200 });
  await serves('for-all');
});

test('a gateway that callers reach from elsewhere refuses a revision without client keys', async () => {
  const open = await startGateway(redis.url, 'version: 1', {}, { HOST: '0.0.0.0' });
  const before = await inForce();
  await put(document('open', 'clients: { authentication: disabled }'));
  await serves('open');
  await eventually(async () => {
    const { replicas } = (await call('GET', '/api/config')).json as { replicas: { problem?: object }[] };
    expect(replicas.filter(({ problem }) => problem !== undefined)).toHaveLength(1);
  });
  expect(open.config.current()).toMatchObject({ revision: before, clients: { authentication: 'required' } });
  await open.shutDown();
});

test('the worker follows too', async () => {
  const worker = await startWorker(variables());
  const before = await inForce();
  await put(document('for-the-worker'));
  await eventually(async () => {
    const { replicas } = (await call('GET', '/api/config')).json as { replicas: object[] };
    expect(replicas).toContainEqual(expect.objectContaining({ service: 'worker', revision: before + 1 }));
  });
  for (const step of worker.stop) await step.run();
});

test('while Redis is away the configuration stays; a file that changed meanwhile is taken when it is back', async () => {
  await redis.kill();
  await writeFile(file, document('meanwhile'));
  const snapshot = parseConfig(document('lonely'), {});
  const lonely = await createGateway(variables(), { snapshot });
  expect([...lonely.config.current().models.keys()]).toEqual(['lonely']);
  await redis.restart();
  await eventually(() => [...lonely.config.current().models.keys()].includes('meanwhile'), 15_000);
  for (const step of lonely.stop) await step.run();
});
