import type { AuditTrail } from '@muxgate/audit';

/** An attempt that came to nothing. */
export interface Refusal {
  readonly actor: string;
  readonly address: string;
  readonly method: string;
  /** its pattern: an address may hold what somebody typed */
  readonly route: string;
  readonly subject: string;
  readonly status: number;
  readonly code: string;
}

const SAME_FOR_MS = 60_000;
/** Of different ones, in a minute; whoever floods us shall not push older entries out of the log. */
const MOST_PER_MINUTE = 60;

/**
 * Puts refused and failed attempts into the audit log. The same attempt again within a minute is only counted, and so
 * is everything beyond so many a minute; the count is in the next entry's `suppressed`.
 */
export class Refusals {
  private readonly written = new Map<string, number>();
  private suppressed = 0;

  constructor(
    private readonly trail: Pick<AuditTrail, 'record'>,
    private readonly now: () => number = Date.now,
  ) {}

  async note({ actor, address, method, route, subject, status, code }: Refusal): Promise<void> {
    const now = this.now();
    for (const [key, until] of this.written) if (until <= now) this.written.delete(key);
    const key = JSON.stringify([actor, address, method, route, status]);
    if (this.written.has(key) || this.written.size >= MOST_PER_MINUTE) {
      this.suppressed++;
      return;
    }
    this.written.set(key, now + SAME_FOR_MS);
    const { suppressed } = this;
    this.suppressed = 0;
    await this.trail.record({
      actor,
      action: `${method} ${route}`,
      subject,
      outcome: status === 401 || status === 403 ? 'refused' : 'failure',
      from: address,
      details: { status, code, ...(suppressed === 0 ? {} : { suppressed }) },
    });
  }
}
