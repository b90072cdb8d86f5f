import { isLoopbackHost } from '@muxgate/egress';
import { ConfigInvalid } from './config-invalid.js';
import type { ConfigSnapshot } from './snapshot.types.js';

/** Without client keys, only this machine may call. @throws ConfigInvalid */
export function assertAuthenticationSafe(snapshot: ConfigSnapshot, host: string): void {
  if (snapshot.clients.authentication === 'required' || isLoopbackHost(host)) return;
  throw new ConfigInvalid([
    {
      path: 'clients.authentication',
      message: `disabled is allowed only where HOST is a loopback address, and HOST is "${host}"`,
    },
  ]);
}
