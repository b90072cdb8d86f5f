import { RedirectNotAllowed } from './connect.errors.js';

const LOOPBACK_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Where the provider sends the browser. A caller that listens on its own machine may choose the port, as RFC 8252
 * section 7.3 has it, and nothing else: only where the registered address is a loopback one already. All other
 * redirects come from the configuration alone.
 */
export function redirectUriFor(registered: string, asked: string | undefined): string {
  if (asked === undefined || asked === registered) return registered;
  const wanted = URL.parse(asked);
  const known = URL.parse(registered);
  const isLoopback = known?.protocol === 'http:' && LOOPBACK_HOSTS.includes(known.hostname);
  if (!isLoopback) {
    throw new RedirectNotAllowed(
      'The redirect URI of this provider is fixed: only a registered loopback address may get another port.',
    );
  }
  if (wanted !== null) wanted.port = known.port;
  if (wanted?.href !== known.href) {
    throw new RedirectNotAllowed(`redirectUri may differ from ${registered} in its port only.`);
  }
  return asked;
}
