import type { Logger } from '@muxgate/runtime';
import type { AuditEntry } from './audit-entry.js';
import type { AuditLog } from './audit-log.js';

/**
 * Writes what happened to the audit stream and to the log. A change that was made stays made where the stream
 * cannot be written; the log line is then its record. The hash in the log line is what no one who rewrites Redis can
 * rewrite.
 */
export class AuditTrail {
  constructor(
    private readonly log: AuditLog,
    private readonly logger: Logger,
  ) {}

  async record(entry: AuditEntry): Promise<void> {
    try {
      const { seq, hash } = await this.log.record(entry);
      this.logger.info({ audit: entry, seq, hash }, 'audit');
    } catch (error) {
      this.logger.error({ err: error, audit: entry }, 'the audit stream could not be written');
    }
  }
}
