import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const DOCS = new URL('../../docs/', import.meta.url);

/** The blocks of shell commands of one page, by the heading they stand under, in order. */
export async function documentedCommands(page: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(fileURLToPath(new URL(page, DOCS)), 'utf8');
  const blocks = new Map<string, string[]>();
  for (const section of text.split(/^## /m)) {
    const [heading = ''] = section.split('\n', 1);
    const found = [...section.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map(([, , commands = '']) => commands);
    blocks.set(heading, found);
  }
  return blocks;
}

/** Runs commands as somebody would who pastes them; the first that fails ends it. */
export async function runAsWritten(commands: string, env: NodeJS.ProcessEnv, cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', commands], {
    env,
    cwd,
  });
  return stdout;
}
