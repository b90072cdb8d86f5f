import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/wait.ts';
import {
  copyCheckout,
  leftovers,
  npmStart,
  partPid,
  pathWithoutRedis,
  whenReady,
  type NpmStart,
} from './start.support.ts';

const shell = (line: string) => promisify(execFile)('sh', ['-c', line], { timeout: 30_000 });
let directory: string;
let PATH: string;

beforeAll(async () => {
  directory = await copyCheckout();
  PATH = await pathWithoutRedis(directory);
});

describe('npm start in a fresh checkout without a Redis on PATH', () => {
  let start: NpmStart;
  let url: { gateway: string; auth: string };
  const curlLines = () => start.stdout.filter((line) => line.startsWith('curl '));
  const ask = async () => {
    const { stdout } = await shell(curlLines()[0] ?? 'false');
    return stdout;
  };
  const tokens = async () => {
    const { stdout } = await shell(curlLines()[1] ?? 'false');
    return JSON.parse(stdout) as { items: { credential: string; generation: number; status: string }[] };
  };
  const generation = async () =>
    (await tokens()).items.find(({ credential }) => credential === 'sandbox')?.generation ?? 0;

  beforeAll(async () => {
    start = npmStart(directory, { PATH, SANDBOX_ACCESS_TOKEN_SECONDS: '10' });
    url = await whenReady(start);
  }, 120_000);

  it('prints exactly one ready line, on stdout, and nothing after it', () => {
    expect(url.gateway).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(start.stdout.filter((line) => line.startsWith('muxgate ready '))).toHaveLength(1);
    expect(start.stdout.at(-1)).toMatch(/^muxgate ready /);
  });

  it('prints a curl line that streams an answer as pasted', async () => {
    expect(await ask()).toContain('event: message_stop');
  });

  it('keeps what it generated to its owner', async () => {
    const data = join(directory, '.muxgate');
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    for (const name of ['admin-token', 'client-key', 'access-keys', 'refresh-keys']) {
      expect((await stat(join(data, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('is found by muxgate of the same checkout without any settings', async () => {
    const { stdout } = await promisify(execFile)('npx', ['muxgate', 'status', '--json'], {
      cwd: directory,
      env: { PATH, HOME: directory },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      auth: { url: url.auth },
      gateway: { url: url.gateway, reachable: true },
      credentials: { byStatus: { active: 1 } },
    });
  });

  it('refreshes the sandbox credential while a loop of calls sees no error', async () => {
    const first = await generation();
    await eventually(async () => {
      expect(await ask()).toContain('event: message_stop');
      return (await generation()) >= first + 2;
    }, 40_000);
  });

  it.each(['gateway', 'auth', 'worker', 'sandbox', 'redis'])(
    'starts %s again after kill -9',
    async (part) => {
      const pid = await partPid(directory, part);
      expect(pid).toBeGreaterThan(0);
      process.kill(pid, 'SIGKILL');
      const killedAt = Date.now();
      await eventually(async () => {
        const next = await partPid(directory, part);
        return next > 0 && next !== pid;
      }, 3_000);
      expect(Date.now() - killedAt).toBeLessThan(1_500);
      expect(start.stdout.join('\n')).toContain(
        `muxgate: ${part} ended (signal SIGKILL); starting it again in 0.1 s`,
      );
      const before = part === 'auth' ? 0 : await eventually(generation);
      await eventually(async () => expect(await ask()).toContain('event: message_stop'), 15_000);
      await eventually(async () => (await generation()) > before, 30_000);
    },
  );

  it('bears a load of every trouble, of which nothing is left afterwards', async () => {
    const node = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: directory });
    const get = async (path: string) => {
      const { stdout } = await shell((curlLines()[1] ?? 'false').replace('/api/oauth/tokens', path));
      return stdout;
    };
    const paths = ['/api/keys', '/api/teams', '/api/oauth/tokens', '/api/webhooks', '/api/config'];
    const { stdout } = await node('scripts/load.mjs', '--seconds', '1');
    expect(stdout).toBe('round 1 of troubles made\nthe load is over, what it made is gone\n');
    for (const path of paths) {
      const left = await get(path);
      expect(left).toMatch(/"(items|text)":/);
      expect(left).not.toContain('load-');
      expect(left).not.toContain('"load"');
    }
    expect(await get('/api/audit?limit=200')).toContain('"load"');
    await eventually(async () => expect(await ask()).toContain('event: message_stop'), 15_000);
  });

  it('refuses to start a second time on the same data', async () => {
    const second = npmStart(directory, { PATH });
    expect(await second.exit).toBe(1);
    expect(second.lines.at(-1)).toMatch(
      /^Another npm start is using .*\.muxgate; stop it, or set MUXGATE_DATA_DIR/,
    );
  });

  it('SIGTERM to npm and its child at once, twice, stops all of it in order with exit 0', async () => {
    const redis = await partPid(directory, 'redis');
    process.kill(-start.child.pid, 'SIGTERM');
    setTimeout(() => {
      try {
        process.kill(-start.child.pid, 'SIGTERM');
      } catch {
        // It was quicker than that.
      }
    }, 100);
    expect(await start.exit).toBe(0);
    expect(await leftovers(directory, redis)).toEqual([]);
    await expect(stat(join(directory, '.muxgate/endpoints.json'))).rejects.toThrow('ENOENT');
  });

  it('starts again with the same tokens, keys and credential', async () => {
    const again = npmStart(directory, { PATH });
    await whenReady(again);
    const secrets = (lines: string[]) => lines.filter((line) => /^ {2}(admin token|client key) /.test(line));
    expect(secrets(again.stdout)).toEqual(secrets(start.stdout));
    expect(secrets(again.stdout)).toHaveLength(2);
    process.kill(again.child.pid, 'SIGINT');
    expect(await again.exit).toBe(0);
  });
});

describe('npm start that cannot', () => {
  it('names a port in use and its variable in one sentence, and starts nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const start = npmStart(directory, {
      PATH,
      AUTH_PORT: port,
      MUXGATE_DATA_DIR: join(directory, '.untouched'),
    });
    expect(await start.exit).toBe(1);
    expect(start.lines.filter((line) => line.includes(port))).toEqual([
      `Port ${port} is in use by another program; free it, or set AUTH_PORT to another port.`,
    ]);
    expect(await readdir(directory)).not.toContain('.untouched');
  });

  it('prints every problem of environment and configuration and exits 78 with nothing started', async () => {
    const config = join(directory, 'bad.yaml');
    await writeFile(
      config,
      [
        'version: 1',
        'providers:',
        '  - { name: one, protocol: anthropic-messages, baseUrl: "https://llm.example", auth: { type: none } }',
        'models:',
        '  - { name: a, targets: [{ provider: onee, model: x }] }',
        '  - { name: b, targets: [{ provider: none-such, model: x }] }',
        '',
      ].join('\n'),
    );
    const start = npmStart(directory, {
      PATH,
      MUXGATE_CONFIG: config,
      LOG_LEVEL: 'loud',
      PUBLIC_URL: 'nowhere',
      MUXGATE_DATA_DIR: join(directory, '.untouched'),
    });
    expect(await start.exit).toBe(78);
    const text = start.lines.join('\n');
    expect(text).toContain('LOG_LEVEL: ');
    expect(text).toContain('PUBLIC_URL: ');
    expect(text).toContain('models[0].targets[0].provider');
    expect(text).toContain('did you mean "one"');
    expect(text).toContain('models[1].targets[0].provider');
    expect(await readdir(directory)).not.toContain('.untouched');
  });
});

describe('npm start that is ended early or roughly', () => {
  it('exits 0 on SIGINT while it is still starting, and leaves nothing', async () => {
    const start = npmStart(directory, { PATH });
    await eventually(() => start.stdout.includes('muxgate: starting'), 60_000);
    process.kill(-start.child.pid, 'SIGINT');
    expect(await start.exit).toBe(0);
    expect(await leftovers(directory)).toEqual([]);
  });

  it('leaves no process behind when the launcher is killed with -9', async () => {
    const start = npmStart(directory, { PATH });
    await whenReady(start);
    const redis = await partPid(directory, 'redis');
    process.kill(-start.child.pid, 'SIGKILL');
    await start.exit;
    await eventually(async () => expect(await leftovers(directory, redis)).toEqual([]), 15_000);
  });
});
