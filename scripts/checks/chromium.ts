import { existsSync } from 'node:fs';
import { runCommand } from '../launcher/run-command.ts';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const APT = ['install', '-y', '--no-install-recommends', 'chromium'];

/** Why tests in a browser are skipped, for people. */
export const NO_CHROMIUM = 'there is no Chromium: install one, or set CHROMIUM_PATH';

/** Where this machine has a Chromium: `CHROMIUM_PATH`, or a usual place. Nothing where there is none. */
export function chromiumPath(): string | undefined {
  return [process.env['CHROMIUM_PATH'], ...PLACES].find((path) => path !== undefined && existsSync(path));
}

/** The same, after apt-get has installed one for root on Debian, who may. */
export async function getChromium(
  onProgress: (message: string) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const path = chromiumPath();
  if (path !== undefined || process.platform !== 'linux' || process.getuid?.() !== 0) return path;
  onProgress('no Chromium: installing one with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = async (...args: string[]) => (await runCommand('apt-get', args, { env, signal })).code === 0;
  if (!(await apt(...APT)) && (await apt('update'))) await apt(...APT);
  return chromiumPath();
}
