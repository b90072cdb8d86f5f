import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { muxgate, type CommandLineOptions } from '../support/command-line.ts';
import { freePort } from '../../scripts/launcher/ports.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventually } from '../support/wait.ts';
import { ADMIN, consent, providersYaml, startAuthWorld, VIEWER, type AuthWorld } from './auth-harness.ts';

let world: AuthWorld;
beforeAll(async () => {
  world = await startAuthWorld({
    providers: (sandboxUrl) => `${providersYaml(sandboxUrl)}
  - name: local
    grant: authorization_code
    clientId: muxgate
    clientAuthentication: none
    redirectUri: http://127.0.0.1/callback
    issuer: ${sandboxUrl}
    scopes: [openid, offline_access, llm.invoke]
    authorizeParams: { prompt: consent }
    allowPrivateNetwork: true
`,
  });
});
afterAll(() => world.stop());

/** The command line as somebody with this token who set the environment up. */
function as(token: string, options: CommandLineOptions = {}) {
  return (...args: string[]) =>
    muxgate(args, {
      ...options,
      env: { MUXGATE_URL: world.auth.url, MUXGATE_ADMIN_TOKEN: token, ...options.env },
    });
}

describe('exit codes tell scripts what went wrong', () => {
  it('0: done', async () => {
    expect((await as(ADMIN)('tokens', 'list')).exitCode).toBe(0);
  });

  it('1: refused, with the code of the server and a way on', async () => {
    const { exitCode, stdout, stderr } = await as(ADMIN)('tokens', 'get', 'nobody');
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('(credential_not_found, 404)');
    expect(stderr).toContain('try: muxgate tokens list');
  });

  it.each([
    [['frobnicate']],
    [['tokens', 'get']],
    [['tokens', 'list', '--frob']],
    [['keys', 'create', 'ci', '--rpm', 'many']],
    [['keys', 'create', 'ci', '--budget', '50']],
    [['keys', 'create', 'ci', '--expires', 'soon']],
    [['keys', 'revoke', 'key_1']],
    [['route', 'explain', '/nonexistent']],
    [['--url', 'ftp://example.com', 'tokens', 'list']],
  ])('2: %j makes no sense', async (args) => {
    const { exitCode, stdout, stderr } = await as(ADMIN)(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
  });

  it('3: nobody answers', async () => {
    const { exitCode, stderr } = await as(ADMIN)('--url', await deadUrl(), 'tokens', 'list');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('cannot be reached: ECONNREFUSED');
  });

  it('3: what answers is no Muxgate, and a redirect is not followed with the token', async () => {
    const seen: string[] = [];
    const stranger = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(302, { location: '/elsewhere' }).end();
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const { exitCode, stderr } = await as(ADMIN)('--url', url, 'tokens', 'get', 'x');
    stranger.close();
    expect(exitCode).toBe(3);
    expect(stderr).toContain('is not the auth service of Muxgate');
    expect(seen).toEqual(['/api/oauth/tokens/x']);
  });

  it.each([
    ['an unknown token', 'wrong', ['tokens', 'list']],
    ['a role that is too small', VIEWER, ['keys', 'create', 'ci']],
  ])('4: %s', async (_what, token, args) => {
    expect((await as(token)(...args)).exitCode).toBe(4);
  });

  it('4: no token at all, and the ways to give one', async () => {
    const { exitCode, stderr } = await muxgate(['tokens', 'list'], {
      env: { MUXGATE_URL: world.auth.url },
      checkout: await checkoutWithoutStart(),
    });
    expect(exitCode).toBe(4);
    expect(stderr).toContain('MUXGATE_ADMIN_TOKEN_FILE');
  });

  it('130: interrupted', async () => {
    const { exitCode } = await as(ADMIN, { signal: AbortSignal.abort() })('tokens', 'list');
    expect(exitCode).toBe(130);
  });

  it('with --json an error is JSON too, on stderr', async () => {
    const { stderr } = await as(ADMIN)('tokens', 'get', 'nobody', '--json');
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'credential_not_found', status: 404, exitCode: 1 },
    });
  });

  it('every mistake that the server finds is named', async () => {
    const { stderr } = await as(ADMIN)('keys', 'create', 'x'.repeat(200), '--team', 'y'.repeat(200));
    expect(stderr).toMatch(/ {2}- name: .*\n {2}- team: /);
  });
});

describe('client keys', () => {
  it('create prints the key alone, so that it can be piped; get and list never show it', async () => {
    const cli = as(ADMIN);
    const created = await cli('keys', 'create', 'ci', '--team', 'platform', '--model', 'claude-*');
    const key = created.stdout.trim();
    expect(key).toMatch(/^mxg_\S+$/);
    expect(created.stderr).toContain('shown this once');
    const listed = await cli('keys', 'list', '--json');
    const { id } =
      (listed.json as { items: { id: string; name: string }[] }).items.find((each) => each.name === 'ci') ??
      {};
    const shown = await cli('keys', 'get', String(id));
    expect(shown.stdout).toMatch(/^team +platform$/m);
    expect(listed.stdout + shown.stdout).not.toContain(key);
    expect((await cli('keys', 'revoke', String(id), '--yes', '--json')).json).toEqual({ id, revoked: true });
    expect((await cli('keys', 'get', String(id))).exitCode).toBe(1);
  });

  it('update changes what is given and leaves the rest, within limits and labels too', async () => {
    const cli = as(ADMIN);
    const { id } = (
      await cli('keys', 'create', 'bot', '--rpm', '60', '--label', 'a=1', '--owner', 'dana', '--json')
    ).json;
    await cli(
      'keys',
      'update',
      id,
      '--tpm',
      '9000',
      '--label',
      'b=2',
      '--budget',
      '5/day',
      '--warn-at',
      '50',
    );
    const { json } = await cli('keys', 'update', id, '--unset', 'owner', '--json');
    expect(json).toMatchObject({
      limits: { requestsPerMinute: 60, tokensPerMinute: 9000 },
      labels: { a: '1', b: '2' },
      budget: { usd: 5, period: 'day', warnAtPercent: 50 },
    });
    expect(json).not.toHaveProperty('owner');
    expect((await cli('keys', 'update', id)).exitCode).toBe(2);
  });

  it('disable, enable and rotate answer what became of it', async () => {
    const cli = as(ADMIN);
    const { id, key } = (await cli('keys', 'create', 'lamp', '--json')).json;
    expect((await cli('keys', 'disable', id)).stdout).toMatch(/^state +disabled$/m);
    expect((await cli('keys', 'enable', id)).stdout).toMatch(/^state +active$/m);
    const rotated = await cli('keys', 'rotate', id, '--overlap', '1h');
    expect(rotated.stdout).toMatch(/^mxg_\S+\n$/);
    expect(rotated.stdout.trim()).not.toBe(key);
  });

  it('teams are created, changed and forgotten', async () => {
    const cli = as(ADMIN);
    await cli('teams', 'create', 'platform', '--model', 'claude-*', '--rpm', '600');
    const updated = await cli(
      'teams',
      'update',
      'platform',
      '--budget',
      '500/month',
      '--unset',
      'models',
      '--json',
    );
    expect(updated.json).toMatchObject({ limits: { requestsPerMinute: 600 }, budget: { usd: 500 } });
    expect(updated.json).not.toHaveProperty('models');
    expect((await cli('teams', 'list')).stdout).toMatch(/^platform +600 requests a minute +500 USD a month/m);
    expect((await cli('teams', 'delete', 'platform', '--yes')).exitCode).toBe(0);
    expect((await cli('teams', 'get', 'platform')).exitCode).toBe(1);
  });

  it('lists go over all pages, or stop at --limit', async () => {
    const cli = as(ADMIN);
    for (const name of ['a', 'b', 'c']) await cli('keys', 'create', name);
    const { json } = await cli('keys', 'list', '--limit', '2', '--json');
    expect(json.items.map((each: { name: string }) => each.name)).toEqual(['c', 'b']);
  });
});

describe('login', () => {
  /** Plays the person: when the command shows the address, signs in and goes where the vendor sends the browser. */
  function person(follow: (redirect: URL) => Promise<unknown>) {
    let gone = false;
    return (stderr: string) => {
      const address = /^http\S+state=\S+$/m.exec(stderr)?.[0];
      if (address === undefined || gone) return;
      gone = true;
      void consent(address).then(follow);
    };
  }

  it('callback: waits until the auth service has been called back', async () => {
    const cli = as(ADMIN, { onStderr: person((redirect) => fetch(redirect)) });
    const { exitCode, json } = await cli('login', 'sandbox', '--json');
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: { credential: 'sandbox', provider: 'sandbox', status: 'active' },
    });
  });

  it('loopback: catches the redirect on a free port of this machine and tells the browser', async () => {
    let page = '';
    const cli = as(ADMIN, {
      onStderr: person(async (redirect) => {
        page = await (await fetch(redirect)).text();
      }),
    });
    const { exitCode, json, stderr } = await cli('login', 'local', '--credential', 'alice', '--json');
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(json).toMatchObject({ credential: 'alice', provider: 'local', status: 'active' });
    await eventually(() => expect(page).toContain('<title>Connected'));
  });

  it.each([
    ['the whole address', (redirect: URL) => redirect.href],
    ['the code alone', (redirect: URL) => String(redirect.searchParams.get('code'))],
    ['code#state', ({ searchParams: of }: URL) => `${of.get('code')}#${of.get('state')}`],
  ])('paste: takes %s from a pipe', async (_what, pasted) => {
    const stdin = new PassThrough();
    const onStderr = person(async (redirect) => stdin.end(`${pasted(redirect)}\n`));
    const { exitCode, json } = await as(ADMIN, { stdin, onStderr })('login', 'pasted', '--paste', '--json');
    expect({ exitCode, json }).toMatchObject({ exitCode: 0, json: { credential: 'pasted' } });
  });

  it('a vendor that says no is a refusal, and the browser is told so', async () => {
    let answer: Response | undefined;
    const cli = as(ADMIN, {
      onStderr: person(async (redirect) => {
        redirect.searchParams.delete('code');
        redirect.searchParams.set('error', 'access_denied');
        answer = await fetch(redirect);
      }),
    });
    const { exitCode, stderr } = await cli('login', 'local');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('(authorization_denied, 422)');
    await eventually(() => expect(answer?.status).toBe(400));
  });

  it('an invitation prints its link alone, and can be taken back', async () => {
    const cli = as(ADMIN);
    const created = await cli('invitations', 'create', 'sandbox', 'sandbox-dana', '--expires', '24h');
    expect(created.stdout).toMatch(/^http\S+\/invite\/\S+\n$/);
    expect(created.stderr).toMatch(/ends in 2[34] h/);
    const { items } = (await cli('invitations', 'list', '--json')).json;
    const { id } = items.find((each: { credential: string }) => each.credential === 'sandbox-dana');
    expect((await cli('invitations', 'revoke', id, '--yes')).exitCode).toBe(0);
    expect((await fetch(created.stdout.trim())).status).toBe(410);
  });

  it('an unknown provider is named with those that there are', async () => {
    const { exitCode, stderr } = await as(ADMIN)('login', 'sandbocks');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Configured: sandbox, ');
  });
});

describe('stored API keys', () => {
  it('the value comes from a pipe, without the line end, and is shown nowhere', async () => {
    const cli = as(ADMIN, { stdin: 'sk-test-0123456789abcdef\n' });
    const set = await cli('credentials', 'set', 'openai', '--value-file', '-', '--json');
    expect(set.json).toMatchObject({ credential: 'openai', generation: 1 });
    const listed = await cli('credentials', 'list');
    expect(listed.stdout).toContain('openai');
    expect(set.stdout + set.stderr + listed.stdout).not.toContain('sk-test');
    expect((await cli('credentials', 'delete', 'openai', '--yes')).exitCode).toBe(0);
  });

  it('is never taken from the command line', async () => {
    expect((await as(ADMIN)('credentials', 'set', 'openai', 'sk-test')).exitCode).toBe(2);
    expect((await as(ADMIN)('credentials', 'set', 'openai')).stderr).toContain('--value-file');
  });
});

describe('moving credentials', () => {
  it('an export goes by the key of the importing server, and what is there already is skipped', async () => {
    const cli = as(ADMIN);
    await as(ADMIN, { stdin: 'sk-moved-0123456789abcdef' })(
      'credentials',
      'set',
      'moved',
      '--value-file',
      '-',
    );
    const { stdout: jwk } = await cli('credentials', 'import-key');
    const exported = await as(ADMIN, { stdin: jwk })('credentials', 'export', 'moved', '--to', '-');
    expect(exported).toMatchObject({ exitCode: 0, stderr: '1 exported, 0 skipped.\n' });
    expect(exported.stdout).not.toContain('sk-moved');
    const importing = as(ADMIN, { stdin: exported.stdout });
    const skipped = await importing('credentials', 'import', '-', '--yes', '--json');
    expect(skipped.json.items).toEqual([{ credential: 'moved', outcome: 'skipped', reason: 'exists' }]);
    await cli('credentials', 'delete', 'moved', '--yes');
    const dry = await importing('credentials', 'import', '-', '--dry-run', '--json');
    expect(dry.json.items).toEqual([{ credential: 'moved', outcome: 'imported' }]);
    expect((await cli('credentials', 'list')).stdout).not.toContain('moved');
    expect((await importing('credentials', 'import', '-', '--yes')).exitCode).toBe(0);
    expect((await cli('credentials', 'list')).stdout).toContain('moved');
  });

  it('a copy for a disaster is opened here with the private key and sealed anew; without it the server refuses', async () => {
    const directory = await temporaryDirectory();
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [to, own, copy] = ['backup.pub.pem', 'backup.pem', 'copy.jsonl'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    await writeFile(to, publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(own, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const cli = as(ADMIN);
    await as(ADMIN, { stdin: 'sk-saved-0123456789abcdef' })(
      'credentials',
      'set',
      'saved',
      '--value-file',
      '-',
    );
    await writeFile(copy, (await cli('credentials', 'export', 'saved', '--to', to)).stdout);
    await cli('credentials', 'delete', 'saved', '--yes');

    const refused = await cli('credentials', 'import', copy, '--yes', '--json');
    expect(refused.exitCode).toBe(1);
    expect(refused.json.items).toMatchObject([{ outcome: 'refused', reason: 'not_sealed_to_this_cluster' }]);
    const restored = await cli('credentials', 'import', copy, '--private-key', own, '--yes', '--json');
    expect(restored.json.items).toEqual([{ credential: 'saved', outcome: 'imported' }]);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    await writeFile(own, other.export({ type: 'pkcs8', format: 'pem' }));
    expect((await cli('credentials', 'import', copy, '--private-key', own, '--yes')).stderr).toContain(
      'sealed to another key',
    );
  });

  it('a private key is not sent to a server', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const stdin of [
      String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
    ]) {
      const { exitCode, stderr } = await as(ADMIN, { stdin })('credentials', 'export', '--to', '-');
      expect(exitCode).toBe(2);
      expect(stderr).toContain('is a private key');
    }
  });
});

describe('configuration', () => {
  it('what is in force can be got, changed and put in force; the history goes back', async () => {
    const cli = as(ADMIN);
    const { stdout: before } = await cli('config', 'get');
    const file = join(await temporaryDirectory(), 'muxgate.yaml');
    await writeFile(file, before);
    expect(await cli('config', 'diff', file)).toMatchObject({
      exitCode: 0,
      stdout: 'Nothing would change.\n',
    });
    await writeFile(file, `${before}router: {}\n`);
    const diff = await cli('config', 'diff', file);
    expect(diff.exitCode).toBe(1);
    expect(diff.stdout).toMatch(/^\+router: \{\}$/m);
    expect((await cli('config', 'apply', file)).exitCode).toBe(2);
    const applied = await cli('config', 'apply', file, '--yes', '--comment', 'a router', '--json');
    expect(applied.json).toMatchObject({ changed: true });
    const { revision } = applied.json;
    const history = await cli('config', 'history');
    expect(history.stdout).toMatch(new RegExp(`^ +${revision} .* a router$`, 'm'));
    expect((await cli('config', 'show', String(revision))).stdout).toMatch(/^\+router/m);
    expect((await cli('config', 'restore', String(revision - 1), '--yes')).exitCode).toBe(0);
    expect((await cli('config', 'get')).stdout).toBe(before);
  });

  it('every mistake of a file is named, and nothing is put in force', async () => {
    const { exitCode, stderr } = await as(ADMIN, { stdin: 'version: 1\nprovders: []\nmodels: 7\n' })(
      'config',
      'apply',
      '-',
      '--yes',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^ {2}- provders: /m);
    expect(stderr).toMatch(/^ {2}- models: /m);
  });
});

describe('audit', () => {
  it('is filtered, and its chain checked', async () => {
    const cli = as(ADMIN);
    await cli('teams', 'create', 'audited');
    const { json } = await cli('audit', '--action', 'team.*', '--since', '1h', '--limit', '1', '--json');
    expect(json.items).toMatchObject([{ action: 'team.create', subject: 'audited', outcome: 'success' }]);
    expect((await cli('audit', '--verify')).stdout).toMatch(/^chain +sound$/m);
  });
});

describe('where URL and token come from', () => {
  it('configure keeps them for their owner alone, and they are used from then on', async () => {
    const homeDirectory = await temporaryDirectory();
    const kept = await muxgate(['configure', '--url', world.auth.url, '--token-file', '-'], {
      homeDirectory,
      stdin: `${ADMIN}\n`,
    });
    expect(kept.exitCode).toBe(0);
    const file = join(homeDirectory, '.config/muxgate/config.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(homeDirectory, '.config/muxgate'))).mode & 0o777).toBe(0o700);
    expect((await muxgate(['tokens', 'list'], { homeDirectory })).exitCode).toBe(0);
  });

  it('configure keeps no token that the server does not know', async () => {
    const homeDirectory = await temporaryDirectory();
    const { exitCode } = await muxgate(['configure', '--url', world.auth.url, '--token-file', '-'], {
      homeDirectory,
      stdin: 'wrong',
    });
    expect(exitCode).toBe(4);
    await expect(stat(join(homeDirectory, '.config/muxgate/config.json'))).rejects.toThrow('ENOENT');
  });

  it('a file that others may read is refused', async () => {
    const homeDirectory = await configured();
    await chmod(join(homeDirectory, '.config/muxgate/config.json'), 0o644);
    const { exitCode, stderr } = await muxgate(['tokens', 'list'], { homeDirectory });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('try: chmod 600');
  });

  it('the token that was kept is not sent to another URL', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    const { exitCode } = await muxgate(['--url', url, 'tokens', 'list'], {
      homeDirectory: await configured(),
    });
    elsewhere.close();
    expect({ exitCode, seen }).toEqual({ exitCode: 4, seen: [] });
  });

  it('the environment comes before the file, a flag before the environment', async () => {
    const homeDirectory = await configured();
    const tokenFile = join(homeDirectory, 'token');
    await writeFile(tokenFile, `${ADMIN}\n`);
    const env = { MUXGATE_URL: await deadUrl(), MUXGATE_ADMIN_TOKEN_FILE: tokenFile };
    expect((await muxgate(['tokens', 'list'], { homeDirectory, env })).exitCode).toBe(3);
    expect(
      (await muxgate(['tokens', 'list', '--url', world.auth.url], { homeDirectory, env })).exitCode,
    ).toBe(0);
  });

  it('an npm start of the same checkout needs no settings', async () => {
    const checkout = await checkoutWithoutStart();
    const gateway = await deadUrl();
    await mkdir(join(checkout, '.muxgate'));
    await writeFile(
      join(checkout, '.muxgate/endpoints.json'),
      JSON.stringify({ auth: world.auth.url, gateway }),
    );
    await writeFile(join(checkout, '.muxgate/admin-token'), `${ADMIN}\n`);
    const { exitCode, json } = await muxgate(['status', '--json'], { checkout });
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({
      auth: { url: world.auth.url },
      gateway: { url: gateway, reachable: false, error: 'ECONNREFUSED' },
    });
  });

  async function configured(): Promise<string> {
    const homeDirectory = await temporaryDirectory();
    await mkdir(join(homeDirectory, '.config/muxgate'), { recursive: true });
    await writeFile(
      join(homeDirectory, '.config/muxgate/config.json'),
      JSON.stringify({ url: world.auth.url, adminToken: ADMIN }),
      { mode: 0o600 },
    );
    return homeDirectory;
  }
});

async function checkoutWithoutStart(): Promise<string> {
  const checkout = await temporaryDirectory();
  await writeFile(join(checkout, 'package.json'), await readFile('package.json'));
  return checkout;
}

/** Where nobody listens. */
async function deadUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}
