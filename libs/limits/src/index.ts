export { budgetScope, periodAt, type Period } from './budget-period.js';
export type { BudgetCheck, Check, CheckKind, Granted, Refused, Reservation, ScopeKind } from './check.js';
export {
  budgetsSpent,
  LimitStore,
  type ReplicaSettings,
  type ReservationRequest,
  type Settlement,
  type Spending,
  type Turn,
} from './limit-store.js';
export { LocalLimits } from './local-limits.js';
export { NANO_USD } from './nano-usd.js';
