import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectRedis } from '@muxgate/redis';
import { createLogger } from '@muxgate/runtime';
import { CredentialVault, KeyRing } from '@muxgate/vault';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomKeyRing } from '../../scripts/launcher/data-dir.ts';
import { redisBinary, type RedisBinary } from '../../scripts/launcher/redis-binary.ts';
import { callGateway, sandboxCredential, succeeded } from '../support/calls.ts';
import { documentedCommands, runAsWritten } from '../support/documented-commands.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventually } from '../support/wait.ts';

const CLI = fileURLToPath(new URL('../../dist/services/cli/src/main.js', import.meta.url));
/** Of a provider that the worker has no need to visit within the test. */
const CREDENTIALS = 50;

const binary = await redisBinary();
const hasCli = binary !== undefined && existsSync(join(dirname(binary.command), 'redis-cli'));

/** docs/operations/backup.md, its commands as written: a backup, the loss of everything, a restore. */
describe.skipIf(!hasCli)(`the documented backup${hasCli ? '' : ' (skipped: there is no redis-cli)'}`, () => {
  let commands: ReadonlyMap<string, readonly string[]>;
  let redis: TestRedis;
  let stack: RunningStack;
  let key: string;
  let before: Awaited<ReturnType<typeof everything>>;
  let env: NodeJS.ProcessEnv;
  const block = (heading: string, index: number): string => {
    const found = commands.get(heading)?.[index];
    if (found === undefined)
      throw new Error(`docs/operations/backup.md has no block ${index} under "${heading}"`);
    return found;
  };

  beforeAll(async () => {
    commands = await documentedCommands('operations/backup.md');
    redis = await startRedis({ appendonly: true });
    stack = await startStack({ redis, tokenSeconds: 300 });
    const vault = vaultAt(redis.url, stack.keyRings);
    for (let index = 0; index < CREDENTIALS; index++) await vault.connect(credentialNumber(index));
    await stack.admin('PUT', '/api/credentials/spare', { value: 'sk-of-the-test-0123456789' });
    key = ((await stack.admin('POST', '/api/keys', { name: 'kept' })).body as { key: string }).key;
    before = await everything(stack);
    const backup = await temporaryDirectory();
    env = { ...shellEnvironment(binary), REDIS_URL: redis.url, BACKUP: backup };
  });

  it('a sealed export brings the credentials into a new Muxgate with other keys', async () => {
    const other = { access: randomKeyRing(), refresh: randomKeyRing() };
    const empty = await startRedis();
    const auth = await stack.another('auth', {
      REDIS_URL: empty.url,
      MUXGATE_ACCESS_KEYS: other.access,
      MUXGATE_REFRESH_KEYS: other.refresh,
    });
    const directory = await temporaryDirectory();
    const shell = {
      ...shellEnvironment(binary, await directoryWithMuxgate()),
      MUXGATE_ADMIN_TOKEN: stack.adminToken,
    };
    const heading = 'A sealed export, the second way';
    await runAsWritten(block(heading, 0), shell, directory);
    await runAsWritten(block(heading, 1), { ...shell, MUXGATE_URL: stack.auth.url }, directory);
    await runAsWritten(block(heading, 2), { ...shell, MUXGATE_URL: auth.url }, directory);
    const { items } = await vaultAt(empty.url, other).listStates({ limit: 200 });
    expect(items.map(({ credential }) => credential)).toEqual(
      before.tokens.map(({ credential }) => credential),
    );
    const stored = await fetch(`${auth.url}/api/credentials/spare`, {
      headers: { authorization: `Bearer ${stack.adminToken}` },
    });
    expect(stored.status).toBe(200);
    await auth.stop();
  });

  it('a snapshot or the append-only files, restored onto an empty Redis, bring everything back', async () => {
    await runAsWritten(block('Back up', 0), env, redis.dir);
    await runAsWritten(block('Back up', 1), { ...env, DATA: redis.dir }, redis.dir);
    const services = [stack.gateway, stack.auth, stack.worker];
    await Promise.all(services.map((service) => service.stop()));
    await redis.kill();
    await rm(redis.dir, { recursive: true });

    const fromFiles = await temporaryDirectory();
    await runAsWritten(block('Restore', 1), { ...env, DATA: fromFiles }, fromFiles);
    const second = await startRedis({ appendonly: true, dir: fromFiles });
    const { items } = await vaultAt(second.url, stack.keyRings).listStates({ limit: 200 });
    expect(items.map(({ credential }) => credential)).toEqual(
      before.tokens.map(({ credential }) => credential),
    );

    const data = await temporaryDirectory();
    await runAsWritten(block('Restore', 0), { ...env, DATA: data }, data);
    await startRedis({ appendonly: true, dir: data, port: redis.port });
    await Promise.all(services.map((service) => service.restart()));
    expect(await everything(stack)).toEqual(before);
    const isServed = async () => succeeded(await callGateway({ ...stack, clientKey: key }));
    await eventually(isServed);
    const { generation } = await sandboxCredential(stack);
    expect(await stack.admin('POST', '/api/oauth/tokens/sandbox/refresh')).toMatchObject({
      status: 200,
      body: { status: 'active', generation: generation + 1 },
    });
    expect(await isServed()).toBe(true);
    await stack.stop();
  });
});

function vaultAt(url: string, rings: RunningStack['keyRings']): CredentialVault {
  const redis = connectRedis(
    { url },
    { name: 'test', role: 'commands', logger: createLogger('test', 'silent') },
  );
  return new CredentialVault(redis, {
    accessRing: KeyRing.parse(rings.access),
    refreshRing: KeyRing.parse(rings.refresh),
  });
}

const credentialNumber = (index: number): Parameters<CredentialVault['connect']>[0] => ({
  credential: `kept-${index}`,
  provider: 'sandbox',
  clientId: 'muxgate',
  scopes: [],
  schedule: { refreshAheadSeconds: 300 },
  tokenSet: {
    accessToken: `at-${index}`,
    refreshToken: `rt-${index}`,
    tokenType: 'Bearer',
    expiresAt: Date.now() + 3_600_000,
  },
});

async function everything(stack: RunningStack) {
  const items = async (path: string) =>
    ((await stack.admin('GET', path)).body as { items: { credential: string }[] }).items;
  const chain = (await stack.admin('GET', '/api/audit/verify')).body as { ok: boolean };
  return {
    tokens: await items('/api/oauth/tokens?limit=200'),
    stored: await items('/api/credentials'),
    keys: await items('/api/keys'),
    audited: chain.ok,
  };
}

function shellEnvironment(redis: RedisBinary | undefined, ...directories: string[]): NodeJS.ProcessEnv {
  const path = [...directories, dirname(redis?.command ?? ''), process.env['PATH'] ?? ''].join(delimiter);
  return { ...redis?.env, PATH: path, HOME: process.env['HOME'] };
}

/** `muxgate` as `npm link` would give it. */
async function directoryWithMuxgate(): Promise<string> {
  const directory = join(await temporaryDirectory(), 'bin');
  await mkdir(directory);
  const file = join(directory, 'muxgate');
  await writeFile(file, `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(file, 0o755);
  return directory;
}
