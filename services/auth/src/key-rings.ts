import { KeyRing, type KeyRings } from '@muxgate/vault';
import type { AuthEnvironment } from './environment.js';

/** The two rings of a validated environment. */
export function readKeyRings(env: AuthEnvironment): KeyRings {
  return {
    accessRing: KeyRing.parse(env.MUXGATE_ACCESS_KEYS),
    refreshRing: KeyRing.parse(env.MUXGATE_REFRESH_KEYS),
  };
}
