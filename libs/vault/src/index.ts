export { AccessVault, type StateFilter } from './access-vault.js';
export {
  CredentialVault,
  type ConnectInput,
  type ForgottenTokens,
  type RefreshRequest,
} from './credential-vault.js';
export {
  deadCredentials,
  type DeadCredential,
  type ReapPolicy,
  type ReapReason,
} from './dead-credentials.js';
export { DueIndex } from './due-index.js';
export { open, seal, type EnvelopeContext, type EnvelopePurpose } from './envelope.js';
export {
  CredentialExists,
  CredentialIdInvalid,
  EnvelopeInvalid,
  KeyRingInvalid,
  KeyRingUnfit,
  VaultContended,
} from './errors.js';
export { IsKeyRing, KeyRing } from './key-ring.js';
export { assertRingsFit, readKeyAges } from './key-canaries.js';
export { CREDENTIAL_EVENTS, STORED_KEY_EVENTS } from './keys.js';
export { Lane, type LanePlace } from './lane.js';
export type { AccessGrant, CredentialState, CredentialStatus, StoredTokenSet } from './record.js';
export {
  authorizationEndsAt,
  backoffMs,
  refreshDueAt,
  SHORTEST_FORCED_INTERVAL_MS,
  type RefreshPolicy,
} from './refresh-schedule.js';
export {
  committable,
  type CommittableLease,
  type OrphanedTokenSet,
  type RefreshLease,
} from './refresh-lease.js';
export { RefreshHistory, type RefreshRecord } from './refresh-history.js';
export {
  LEASE_MS,
  RefreshVault,
  type Acquired,
  type Committed,
  type RefreshFailure,
} from './refresh-vault.js';
export { Rewrapper, type Rewrapped } from './rewrap.js';
export { RewrapProgress, type RewrapState } from './rewrap-progress.js';
export {
  countKeyUse,
  pagesOf,
  ringOf,
  SEALED_STORES,
  type RingName,
  type SealedStore,
} from './sealed-stores.js';
export { StoredKeys, type StoredKey, type StoredKeyState } from './stored-keys.js';
export type { KeyRings } from './token-fields.js';
export { parseChange, VaultEvents, type CredentialChange } from './vault-events.js';
