import { EnvironmentInvalid, messageOf } from '@muxgate/runtime';
import { KeyRing } from '@muxgate/vault';
import type { AuthEnvironment } from './environment.js';

/** Both rings, or one error that names every fault by its variable. */
export function readKeyRings(env: AuthEnvironment): { accessRing: KeyRing; refreshRing: KeyRing } {
  const problems: string[] = [];
  const read = (name: 'MUXGATE_ACCESS_KEYS' | 'MUXGATE_REFRESH_KEYS'): KeyRing | undefined => {
    try {
      return KeyRing.parse(env[name]);
    } catch (error) {
      problems.push(`${name}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const accessRing = read('MUXGATE_ACCESS_KEYS');
  const refreshRing = read('MUXGATE_REFRESH_KEYS');
  if (accessRing && refreshRing) return { accessRing, refreshRing };
  throw new EnvironmentInvalid(problems);
}
