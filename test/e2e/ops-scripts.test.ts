import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { muxgate } from '../support/command-line.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventually } from '../support/wait.ts';
import { isInstalled } from './terminal.support.ts';

const SCRIPTS = fileURLToPath(new URL('../../examples/ops/', import.meta.url));
const missing = (
  await Promise.all(['bash', 'curl', 'jq'].map(async (name) => ((await isInstalled(name)) ? '' : name)))
).filter(Boolean);

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.skipIf(missing.length > 0)(
  `examples/ops${missing.length > 0 ? ` (skipped: ${missing.join(', ')} missing)` : ''}`,
  () => {
    let stack: RunningStack;
    let out: string;
    let members: string;

    beforeAll(async () => {
      stack = await startStack();
      out = join(await temporaryDirectory(), 'keys');
      members = join(await temporaryDirectory(), 'members');
      await writeFile(members, "# the platform team\ndana@example.com\n  Eli O'Hara  # joined in May\n\n");
    });

    const run = async (
      script: string,
      args: readonly string[],
      env: Record<string, string> = {},
    ): Promise<Ran> =>
      await promisify(execFile)('bash', [join(SCRIPTS, script), ...args], {
        env: {
          PATH: process.env['PATH'] ?? '',
          MUXGATE_URL: stack.auth.url,
          MUXGATE_ADMIN_TOKEN: stack.adminToken,
          ...env,
        },
      }).then(
        ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
        ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
          exitCode: code,
          stdout,
          stderr,
        }),
      );
    const onboard = (...more: string[]) =>
      run('onboard-team.sh', ['--team', 'platform', '--members', members, '--out', out, ...more]);
    const keyIn = async (file: string) => (await readFile(join(out, file), 'utf8')).trim();
    const ask = (key: string, model = 'claude-sandbox') =>
      fetch(`${stack.gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({ model, max_tokens: 16, messages: [{ role: 'user', content: 'hi' }] }),
      });

    it('onboarding gives a team its limits and every member a key that works, in a file of theirs alone', async () => {
      const { exitCode, stdout, stderr } = await onboard(
        '--model',
        'claude-*',
        '--rpm',
        '600',
        '--budget',
        '50.5',
        '--expires-days',
        '90',
      );
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(await stack.admin('GET', '/api/teams/platform')).toMatchObject({
        body: {
          models: ['claude-*'],
          limits: { requestsPerMinute: 600 },
          budget: { usd: 50.5, period: 'month' },
        },
      });
      const files = (await readdir(out)).toSorted();
      expect(files).toEqual([expect.stringMatching(/^Eli_O_Hara-key_\w+\.key$/), 'dana@example.com.key']);
      expect((await stat(join(out, files[0] as string))).mode & 0o777).toBe(0o600);
      const key = await keyIn('dana@example.com.key');
      expect(stdout).not.toContain(key);
      await eventually(async () => expect((await ask(key)).status).toBe(200));
      expect((await ask(key, 'gpt-sandbox')).status).toBe(403);
    });

    it('onboarding again keeps keys and settings, and adds who has joined', async () => {
      const before = await keyIn('dana@example.com.key');
      await writeFile(members, 'dana@example.com\nfinn@example.com\n');
      const { exitCode, stdout } = await onboard('--rpm', '900');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^dana@example\.com +has a key already$/m);
      expect(await keyIn('dana@example.com.key')).toBe(before);
      expect(await readdir(out)).toContain('finn@example.com.key');
      expect(await stack.admin('GET', '/api/teams/platform')).toMatchObject({
        body: { limits: { requestsPerMinute: 900 }, budget: { usd: 50.5 } },
      });
    });

    it('onboarding gives one key to who is listed twice, its own file to each name, and a new key for an expired one', async () => {
      const expired = {
        name: 'old',
        owner: 'gus',
        team: 'design',
        expiresAt: new Date(Date.now() + 1_000),
      };
      await stack.admin('POST', '/api/keys', expired);
      await delay(1_100);
      await writeFile(members, 'Zoë\nZoé\r\ngus\nZoë\n');
      const before = await readdir(out);
      const { exitCode, stdout, stderr } = await run('onboard-team.sh', [
        '--team',
        'design',
        '--members',
        members,
        '--out',
        out,
      ]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout.trim().split('\n')).toHaveLength(3);
      const added = (await readdir(out)).filter((file) => !before.includes(file));
      expect(added).toHaveLength(3);
      expect(added).toContain('gus.key');
    });

    it('rotation takes only keys that are old enough, and the old one works beside the new one for a while', async () => {
      expect((await run('rotate-keys.sh', ['--out', out, '--team', 'platform'])).stdout).toBe(
        'No key is due.\n',
      );
      const dry = await run('rotate-keys.sh', ['--dry-run', '--team', 'platform', '--older-than-days', '0']);
      expect(dry.stdout.trim().split('\n')).toHaveLength(3);
      const old = await keyIn('dana@example.com.key');
      const { exitCode, stdout } = await run('rotate-keys.sh', [
        '--out',
        out,
        '--team',
        'platform',
        '--older-than-days',
        '0',
      ]);
      expect(exitCode).toBe(0);
      expect(stdout.trim().split('\n')).toHaveLength(3);
      const file =
        (await readdir(out)).find((name) => name.startsWith('platform-dana@example.com-key_')) ?? '';
      const fresh = await keyIn(file);
      expect(fresh).not.toBe(old);
      await eventually(async () => expect((await ask(fresh)).status).toBe(200));
      expect((await ask(old)).status).toBe(200);
    });

    it('the monthly report has the team, its models and its keys, and the CSV the same requests', async () => {
      const month = new Date().toISOString().slice(0, 7);
      const csv = join(out, 'report.csv');
      const requests = await eventually(async () => {
        const { body } = await stack.admin('GET', '/api/usage?groupBy=team');
        const { items } = body as { items: { team?: string; requests: number }[] };
        const count = items.find(({ team }) => team === 'platform')?.requests ?? 0;
        return count >= 3 && count; // what was refused is no usage
      }, 30_000);
      const { exitCode, stdout, stderr } = await run('monthly-report.sh', ['--month', month, '--csv', csv]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toContain(`# Usage in ${month}`);
      expect(stdout).toMatch(new RegExp(`^\\| platform \\| ${requests} \\| `, 'm'));
      expect(stdout).toMatch(/^\| claude-sandbox \| sandbox-anthropic \| /m);
      expect(stdout).toMatch(/^\| platform \| platform-dana@example\.com \| /m);
      const lines = (await readFile(csv, 'utf8'))
        .split('\r\n')
        .filter((line) => line.startsWith('platform,'));
      const column = (await readFile(csv, 'utf8')).split('\r\n')[0]?.split(',').indexOf('requests') ?? -1;
      expect(lines.reduce((sum, line) => sum + Number(line.split(',')[column]), 0)).toBe(requests);
    });

    it('muxgate usage says the same of the team', async () => {
      const env = { MUXGATE_URL: stack.auth.url, MUXGATE_ADMIN_TOKEN: stack.adminToken };
      const { exitCode, stdout } = await muxgate(['usage', '--by', 'team', '--from', '1d'], { env });
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^platform +3 /m);
      expect((await muxgate(['usage', '--by', 'team', '--csv'], { env })).stdout).toMatch(/^team,requests,/);
    });

    it('the last month is the default', async () => {
      const { stdout } = await run('monthly-report.sh', []);
      const first = new Date();
      first.setUTCDate(0);
      expect(stdout).toContain(`# Usage in ${first.toISOString().slice(0, 7)}\n`);
    });

    it.each(['onboard-team.sh', 'rotate-keys.sh', 'monthly-report.sh'])(
      '%s explains itself and refuses nonsense',
      async (script) => {
        const help = await run(script, ['--help'], { MUXGATE_URL: '' });
        expect(help).toMatchObject({ exitCode: 0, stderr: '' });
        expect(help.stdout).toMatch(new RegExp(`^${script}: `));
        expect(await run(script, ['--frob', 'x'])).toMatchObject({ exitCode: 2 });
        expect(
          await run(
            script,
            ['--team', 'x', '--members', members, '--out', out].slice(
              0,
              script === 'monthly-report.sh' ? 0 : 6,
            ),
            { MUXGATE_URL: '' },
          ),
        ).toMatchObject({ exitCode: 2 });
      },
    );

    it('a refusal is told in the words of the server and ends the script', async () => {
      const { exitCode, stderr } = await run('monthly-report.sh', [], { MUXGATE_ADMIN_TOKEN: 'wrong' });
      expect(exitCode).toBe(1);
      expect(stderr).toBe(
        'monthly-report.sh: GET /api/usage: The admin token is not known. (unauthorized, 401)\n',
      );
    });

    it('nobody there is another exit code', async () => {
      const { exitCode } = await run('monthly-report.sh', [], { MUXGATE_URL: 'http://127.0.0.1:1' });
      expect(exitCode).toBe(3);
    });
  },
);
