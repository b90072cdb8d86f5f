import {
  SHORTEST_FORCED_INTERVAL_MS,
  type AccessGrant,
  type AccessVault,
  type CredentialState,
  type VaultEvents,
} from '@muxgate/vault';

/** Events may be missed, so the record is looked at again as well. */
const LOOK_AGAIN_MS = 250;

/**
 * Waits for a token set beyond generation `newerThan`. Answers nothing after `timeoutMs`, or as soon as it is
 * clear that none will come: the credential is gone, needs a person, or was forced less than a minute ago.
 */
export async function waitForNewer(
  vault: AccessVault,
  events: VaultEvents,
  credential: string,
  newerThan: number,
  timeoutMs: number,
): Promise<AccessGrant | undefined> {
  const deadline = Date.now() + timeoutMs;
  let wake = (): void => undefined;
  const stop = events.onChange((change) => {
    if (change.credential === credential) wake();
  });
  try {
    for (;;) {
      const left = deadline - Date.now();
      const grant = await look(vault, credential, newerThan, left);
      if (grant !== 'wait') return grant;
      if (left <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, LOOK_AGAIN_MS));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    stop();
  }
}

async function look(
  vault: AccessVault,
  credential: string,
  newerThan: number,
  timeLeftMs: number,
): Promise<AccessGrant | 'wait' | undefined> {
  const state = await vault.readState(credential);
  if (state === undefined) return undefined;
  if (state.generation > newerThan) return vault.readAccess(credential);
  return isComing(state, timeLeftMs) ? 'wait' : undefined;
}

function isComing(state: CredentialState, timeLeftMs: number): boolean {
  if (state.status === 'reauthorization_required' || state.status === 'blocked_by_provider') return false;
  if (state.status === 'refreshing') return true;
  const now = Date.now();
  const mayForce = now - (state.forcedAt ?? 0) >= SHORTEST_FORCED_INTERVAL_MS;
  return mayForce || state.refreshAt <= now + timeLeftMs;
}
