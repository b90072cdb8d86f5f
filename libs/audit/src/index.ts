export { AuditLog, type AuditEntry, type AuditRecord } from './audit-log.js';
