import { setTimeout as delay } from 'node:timers/promises';
import type { RefreshQueue } from '@muxgate/refresh-queue';
import type { CredentialState, CredentialVault } from '@muxgate/vault';
import {
  BlockedByProvider,
  ReauthorizationRequired,
  RefreshFailed,
  RefreshPending,
  RefreshThrottled,
  WorkerUnavailable,
} from './admin.errors.js';
import { credentialUnknown } from './credential-id.js';

/** Just over the deadline of a token endpoint (20 s), so that a slow one still gets its answer told. */
const PATIENCE_MS = 25_000;
/** A worker that runs starts within 2 s; the rest is for one that is being restarted. */
const START_PATIENCE_MS = 8_000;
const LOOK_EVERY_MS = 100;

/** Asks the worker for a new token set and waits for what becomes of it. */
export async function refreshNow(
  vault: CredentialVault,
  queue: RefreshQueue,
  credential: string,
  startPatienceMs = START_PATIENCE_MS,
): Promise<CredentialState> {
  const before = await stateOf(vault, credential);
  assertAuthorized(before);
  const answer = await vault.requestRefresh(credential, { newerThan: before.generation, force: true });
  if (answer === 'throttled') throw throttled();
  await queue.expedite({ credential, newerThan: before.generation, reason: 'operator' });
  const askedAt = Date.now();
  for (;;) {
    await delay(LOOK_EVERY_MS);
    const state = await stateOf(vault, credential);
    if (state.generation > before.generation) return state;
    assertAuthorized(state);
    assertNotBlocked(state);
    assertNoNewFailure(before, state);
    // `active` means that nobody holds the lease; other statuses hide whether somebody does
    const patience = state.status === 'active' ? startPatienceMs : PATIENCE_MS;
    if (Date.now() - askedAt >= patience) throw noAnswer(state);
  }
}

async function stateOf(vault: CredentialVault, credential: string): Promise<CredentialState> {
  const state = await vault.readState(credential);
  if (state === undefined) throw credentialUnknown();
  return state;
}

function assertAuthorized({ status }: CredentialState): void {
  if (status !== 'reauthorization_required') return;
  throw new ReauthorizationRequired('The provider no longer accepts the stored grant; connect it again.');
}

/** Only of the outcome: asking by force lifts a block, so that an operator can try whether it still holds. */
function assertNotBlocked({ status }: CredentialState): void {
  if (status !== 'blocked_by_provider') return;
  throw new BlockedByProvider('The provider refuses this credential; only its owner can settle that.');
}

function throttled(): Error {
  return new RefreshThrottled('It was refreshed by force less than a minute ago.', {
    headers: { 'retry-after': '60' },
  });
}

function assertNoNewFailure(before: CredentialState, now: CredentialState): void {
  if (now.lastError === undefined || now.lastError.at === before.lastError?.at) return;
  throw new RefreshFailed('The worker tried and failed; it will try again by itself.', {
    members: { error: now.lastError.code },
  });
}

function noAnswer({ status }: CredentialState): Error {
  return status === 'refreshing'
    ? new RefreshPending('The provider has not answered yet; look at the token later.')
    : new WorkerUnavailable('No worker took the refresh up in time.', { headers: { 'retry-after': '5' } });
}
