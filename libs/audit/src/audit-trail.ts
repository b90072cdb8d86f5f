import type { Logger } from '@muxgate/runtime';
import type { AuditEntry, AuditLog } from './audit-log.js';

/**
 * Writes what happened to the audit stream and to the log. A change that was made stays made where the stream
 * cannot be written; the log line is then its record.
 */
export class AuditTrail {
  constructor(
    private readonly log: AuditLog,
    private readonly logger: Logger,
  ) {}

  async record(entry: AuditEntry): Promise<void> {
    this.logger.info({ audit: entry }, 'audit');
    try {
      await this.log.record(entry);
    } catch (error) {
      this.logger.error({ err: error, audit: entry }, 'the audit stream could not be written');
    }
  }
}
