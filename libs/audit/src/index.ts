export { AUDIT_OUTCOMES, type AuditEntry, type AuditOutcome, type AuditRecord } from './audit-entry.js';
export type { AuditFilter } from './audit-filter.js';
export { AUDIT_CHAIN, AUDIT_STREAM, AuditLog } from './audit-log.js';
export { AuditTrail } from './audit-trail.js';
export { verifyChain, type ChainReport } from './verify-chain.js';
