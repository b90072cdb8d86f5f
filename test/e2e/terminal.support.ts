import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { registerTeardown } from '../support/teardown.ts';
import { eventually } from '../support/wait.ts';

const exec = promisify(execFile);

export interface Terminal {
  /** What is on the screen now; wrapped lines are one. */
  screen(): Promise<string>;
  /** Types text as it is. */
  write(text: string): Promise<void>;
  /** The same, then the Enter key. */
  type(text: string): Promise<void>;
  /** A key by tmux's name: `C-c`, `Tab`, `Enter`. */
  press(key: string): Promise<void>;
  /** Waits until the screen shows this, and resolves to the screen. */
  shows(what: string | RegExp): Promise<string>;
}

/** A real terminal of this size, with a bash in this environment and no other: a tmux server of its own. */
export async function openTerminal(
  env: Readonly<Record<string, string>>,
  { columns = 100, rows = 45 }: { columns?: number; rows?: number } = {},
): Promise<Terminal> {
  const socket = `muxgate-test-${randomBytes(6).toString('hex')}`;
  const tmux = (...args: string[]) => exec('tmux', ['-L', socket, '-f', '/dev/null', ...args]);
  const variables = Object.entries({ TERM: 'screen-256color', PS1: '$ ', ...env }).map((pair) =>
    pair.join('='),
  );
  const shell = ['env', '-i', ...variables, 'bash', '--norc', '--noprofile', '-i'];
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), ...shell);
  await registerTeardown(
    async () => void (await tmux('kill-server').catch(() => undefined)),
    () => void tmux('kill-server').catch(() => undefined),
  );
  const screen = async () => (await tmux('capture-pane', '-p', '-J')).stdout;
  return {
    screen,
    write: async (text) => void (await tmux('send-keys', '-l', text)),
    type: async (text) => {
      await tmux('send-keys', '-l', text);
      await tmux('send-keys', 'Enter');
    },
    press: async (key) => void (await tmux('send-keys', key)),
    shows: (what) =>
      eventually(
        async () => {
          const text = await screen();
          if (typeof what === 'string' ? text.includes(what) : what.test(text)) return text;
          throw new Error(`the terminal does not show ${what}:\n${text}`);
        },
        60_000,
        100,
      ),
  };
}

/** Whether a program can be run here; tests that need one are skipped with its name otherwise. */
export async function isInstalled(program: string): Promise<boolean> {
  return await exec('sh', ['-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}
