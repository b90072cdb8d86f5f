import { isLoopbackHost } from '@muxgate/egress';
import type { Mistakes } from './mistakes.js';

/** Credentials travel in clear text only inside a machine, or inside a network that the operator vouched for. */
export function checkUrlSafety(
  url: string | undefined,
  allowPrivateNetwork: boolean,
  path: string,
  mistakes: Mistakes,
): void {
  const parsed = url === undefined ? null : URL.parse(url);
  if (parsed === null || parsed.protocol === 'https:') return;
  if (allowPrivateNetwork || isLoopbackHost(parsed.hostname)) return;
  mistakes.add(path, 'must begin with https://; http:// is for loopback, or with allowPrivateNetwork: true');
}
