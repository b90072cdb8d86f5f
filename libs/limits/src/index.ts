export { Account, type Statement } from './account.js';
export { budgetScope, periodAt, type Period } from './budget-period.js';
export { Claim } from './claim.js';
export {
  budgetsSpent,
  LimitStore,
  type Asked,
  type ReplicaSettings,
  type Turn,
  type Verdict,
} from './limit-store.js';
export type { BudgetTerms, Granted, Limit, LimitKind, Refused, Reservation, ScopeKind } from './limit.js';
export { LocalLimits } from './local-limits.js';
export { NANO_USD } from './nano-usd.js';
