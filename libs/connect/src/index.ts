export { ConnectMetrics, type AuthorizationOutcome } from './connect.metrics.js';
export { DevicePolls, POLL_LEASE_MS, type DevicePoll } from './device-polls.js';
export { InvitationGone, StateGone, StateMalformed } from './errors.js';
export { establish, recordFailure, type Ending, type EstablishParts, type Granted } from './establish.js';
export { InvitationStore, type Invitation, type InvitedAttempt } from './invitation.store.js';
export { ProgressStore, type Completion, type Progress, type ProgressStatus } from './progress.store.js';
export {
  transactionId,
  TransactionStore,
  type CodeTransaction,
  type DeviceTransaction,
  type Transaction,
} from './transaction.store.js';
export { ApiUrlMissing } from './vendor-call.js';
