import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { consent } from '../contract/auth-harness.ts';
import { postJson } from '../contract/sandbox-client.ts';
import { muxgate } from '../support/command-line.ts';
import { startStack, type RunningStack } from '../support/processes.ts';
import { sandboxProvider } from '../support/sandbox-provider.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { isInstalled, openTerminal } from './terminal.support.ts';

const exec = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MUXGATE = join(ROOT, 'scripts/muxgate.mjs');

const CONFIG = `version: 1
oauthProviders:
${sandboxProvider()}${sandboxProvider('local', { redirectUri: 'http://127.0.0.1/callback' })}${sandboxProvider('television', { grant: 'device_code' })}
providers:
  - name: sandbox
    protocol: anthropic-messages
    baseUrl: '\${MUXGATE_SANDBOX_URL}'
    auth: { type: oauth, credential: sandbox }
    allowPrivateNetwork: true
models:
  - name: claude-sandbox
    targets: [{ provider: sandbox, model: claude-sandbox-1 }]
`;

const hasTmux = await isInstalled('tmux');

describe.skipIf(!hasTmux)(
  `muxgate login in a real terminal${hasTmux ? '' : ' (skipped: tmux is not installed)'}`,
  () => {
    let stack: RunningStack;
    let env: Record<string, string>;

    beforeAll(async () => {
      stack = await startStack({ config: CONFIG, connect: false });
      const directory = await temporaryDirectory();
      const browser = join(directory, 'browser');
      const program = join(ROOT, 'test/support/consenting-browser.ts');
      await writeFile(
        browser,
        `#!/bin/sh\nexec "${process.execPath}" "${program}" "$1" >"${directory}/browser.log" 2>&1\n`,
      );
      await chmod(browser, 0o755);
      env = {
        PATH: process.env['PATH'] ?? '',
        HOME: directory,
        BROWSER: browser,
        MUXGATE_URL: stack.auth.url,
        MUXGATE_GATEWAY_URL: stack.gateway.url,
        MUXGATE_ADMIN_TOKEN: stack.adminToken,
      };
    });

    const shell = async (columns = 100) => {
      const terminal = await openTerminal(env, { columns });
      await terminal.type(`muxgate() { "${process.execPath}" "${MUXGATE}" "$@"; }; clear`);
      return terminal;
    };

    it('callback: the browser comes back to the auth service, and the command notices', async () => {
      const terminal = await shell();
      await terminal.type('muxgate login sandbox');
      const screen = await terminal.shows(/^status +active$/m);
      expect(screen).toContain('Connected. It is kept fresh from now on.');
      expect(screen).toMatch(/^credential +sandbox$/m);
    });

    it('loopback: the browser comes to this machine while the paste is open, which then gives way', async () => {
      const terminal = await shell();
      await terminal.type('muxgate login local --credential alice');
      const screen = await terminal.shows(/^status +active$/m);
      expect(screen).toContain('The browser came back.');
      expect(screen).toMatch(/^credential +alice$/m);
    });

    it('paste: nonsense is asked for again, the address of the browser is taken', async () => {
      const terminal = await shell(200);
      await terminal.type('muxgate login local --credential bob --paste --no-browser');
      const screen = await terminal.shows('Paste the code');
      await terminal.type('http://127.0.0.1/callback?code=x&state=short');
      await terminal.shows('again');
      const address = /^http\S+state=\S+$/m.exec(screen)?.[0] ?? '';
      await terminal.type((await consent(address)).href);
      expect(await terminal.shows(/^status +active$/m)).toMatch(/^credential +bob$/m);
    });

    it('device: a code and its QR code, until somebody agreed elsewhere', async () => {
      const terminal = await shell();
      await terminal.type('muxgate login television');
      const screen = await terminal.shows('Waiting for you to agree');
      expect(screen).toMatch(/[█▀▄]{8}/);
      const userCode = /and enter (\S+)/.exec(screen)?.[1];
      await postJson(`${stack.sandbox.url}/sandbox/device-codes`, { userCode });
      expect(await terminal.shows(/^status +active$/m)).toMatch(/^provider +television$/m);
    });

    it('Ctrl-C ends the wait at once, with 130', async () => {
      const terminal = await shell();
      await terminal.type('muxgate login local --no-browser');
      await terminal.shows('Waiting for the browser');
      await terminal.press('C-c');
      await terminal.shows('(interrupted)');
      await terminal.type('echo "exit code $?"');
      expect(await terminal.shows('exit code 130')).not.toContain('Connected');
    });

    it('what is lost is asked for first, and no is no', async () => {
      const terminal = await shell();
      await terminal.type('muxgate login sandbox --credential carol');
      await terminal.shows(/^credential +carol$/m);
      await terminal.type('clear; muxgate tokens forget carol');
      await terminal.shows('Forget "carol"?');
      await terminal.type('');
      await terminal.shows('(interrupted)');
      await terminal.type('clear; muxgate tokens forget carol --yes');
      const screen = await terminal.shows('Forgotten.');
      expect(screen).toContain('The provider has revoked it as well.');
    });

    it('a narrow terminal gets blocks that no line of which is too wide', async () => {
      const terminal = await shell(50);
      await terminal.type('clear; muxgate tokens list');
      const screen = await terminal.shows(/^ {2}STATUS +active$/m);
      expect(Math.max(...screen.split('\n').map((line) => line.length))).toBeLessThanOrEqual(50);
    });

    it('a provider is listed with its health, and tried for real', async () => {
      const { MUXGATE_URL, MUXGATE_ADMIN_TOKEN } = env as {
        MUXGATE_URL: string;
        MUXGATE_ADMIN_TOKEN: string;
      };
      const cli = (...args: string[]) => muxgate(args, { env: { MUXGATE_URL, MUXGATE_ADMIN_TOKEN } });
      await stack.connect();
      expect((await cli('providers', 'list')).stdout).toMatch(/^sandbox +anthropic-messages +healthy/m);
      const tried = await cli('providers', 'test', 'sandbox', '--json');
      expect(tried).toMatchObject({ exitCode: 0, json: { ok: true, model: 'claude-sandbox-1' } });
      expect((await cli('providers', 'reset', 'sandbox')).stdout).toBe('0 rests ended.\n');
    });

    it('status says that all is well', async () => {
      const terminal = await shell();
      await terminal.type('muxgate status');
      const screen = await terminal.shows('All is well.');
      expect(screen).toContain(`${stack.gateway.url} answers`);
    });
  },
);

describe('completion', () => {
  const complete = async (...words: string[]) =>
    (await exec(process.execPath, [MUXGATE, 'complete', '--', ...words])).stdout;

  it('offers commands, subcommands and options with what they mean', async () => {
    expect(await complete('to')).toContain('tokens\tLook at connected credentials');
    expect(await complete('keys', 'create', '--bud')).toContain('--budget\t');
    expect(await complete('route', 'explain', 'x.json', '--surface', '')).toContain('openai-chat');
  });

  for (const [shell, script] of Object.entries({
    bash: 'source /dev/stdin; complete -p muxgate',
    zsh: 'autoload -Uz compinit && compinit -u -D; source /dev/stdin; print -r -- $_comps[muxgate]',
    fish: 'source; complete --do-complete "muxgate keys rev"',
  })) {
    const installed = isInstalled(shell);
    it(`the script for ${shell} can be sourced there`, async ({ skip }) => {
      if (!(await installed)) skip(`${shell} is not installed`);
      const directory = await temporaryDirectory();
      await writeFile(
        join(directory, 'muxgate'),
        `#!/bin/sh\nexec "${process.execPath}" "${MUXGATE}" "$@"\n`,
        { mode: 0o755 },
      );
      const env = { PATH: `${directory}:${process.env['PATH']}`, HOME: directory };
      const { stdout } = await exec('sh', ['-c', `muxgate completion ${shell} | ${shell} -c '${script}'`], {
        env,
      });
      expect(stdout).toMatch(shell === 'fish' ? /^revoke\tRevoke a key/ : /muxgate/);
    });
  }

  it('bash completes at the Tab key', async ({ skip }) => {
    if (!hasTmux) skip('tmux is not installed');
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'muxgate'), `#!/bin/sh\nexec "${process.execPath}" "${MUXGATE}" "$@"\n`, {
      mode: 0o755,
    });
    const env = { PATH: `${directory}:${process.env['PATH']}`, HOME: directory };
    const terminal = await openTerminal(env);
    await terminal.type('source <(muxgate completion bash); clear; echo ready');
    await terminal.shows(/^ready$/m);
    await terminal.type('clear');
    await terminal.write('muxgate cred');
    await terminal.press('Tab');
    expect(await terminal.shows('$ muxgate credentials')).toContain('muxgate credentials');
  });
});
