export { AuditLog, type AuditEntry, type AuditRecord } from './audit-log.js';
export { AuditTrail } from './audit-trail.js';
