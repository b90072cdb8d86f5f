import type { Io } from '../io.js';

/** Whether a browser on this machine would be the person's own: not over SSH, not without a display. */
export function hasBrowser({ env, platform }: Io): boolean {
  if (env['BROWSER']) return true;
  if (env['SSH_CONNECTION'] || env['SSH_TTY']) return false;
  if (platform === 'darwin' || platform === 'win32') return true;
  return Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'] || env['WSL_DISTRO_NAME']);
}

/** Opens it where there is one. Whether a window appeared cannot be known, so the URL is shown as well. */
export async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  const child = await open(url);
  child.unref();
}
