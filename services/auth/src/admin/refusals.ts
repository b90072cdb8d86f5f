import type { AuditTrail } from '@muxgate/audit';
import type { AuthRequest } from '../http/auth-request.js';
import { ANONYMOUS, callerOf } from '../http/caller.js';

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

/** What became of a request to a route. */
export function refusalOf(request: AuthRequest, { status, code }: Pick<Refusal, 'status' | 'code'>): Refusal {
  const { name: actor, address } = callerOf(request);
  const { path: route } = request.route as { path: string };
  const [subject = '-'] = Object.values(request.params);
  return {
    actor,
    address,
    method: request.method,
    route,
    subject: String(subject).slice(0, 128),
    status,
    code,
  };
}

const SAME_FOR_MS = 60_000;
/** Of one actor's different ones, in a minute; whoever floods us shall not push older entries out of the log. */
const MOST_PER_MINUTE = 60;

/**
 * Puts refused and failed attempts into the audit log. The same attempt again within a minute is only counted, and so
 * is everything of an actor beyond so many a minute; the count is in the next entry's `suppressed`. All who are not known
 * are one actor: they cannot hide what others do.
 */
export class Refusals {
  /** actor → attempt → until when it counts as the same */
  private readonly written = new Map<string, Map<string, number>>();
  private suppressed = 0;

  constructor(
    private readonly trail: Pick<AuditTrail, 'record'>,
    private readonly now: () => number = Date.now,
  ) {}

  async note({ actor, address, method, route, subject, status, code }: Refusal): Promise<void> {
    const now = this.now();
    const written = this.written.get(actor) ?? new Map<string, number>();
    this.written.set(actor, written);
    for (const [key, until] of written) if (until <= now) written.delete(key);
    // who is not known can make up subjects without end
    const about = actor === ANONYMOUS ? '' : subject;
    const key = JSON.stringify([address, method, route, status, code, about]);
    if (written.has(key) || written.size >= MOST_PER_MINUTE) {
      this.suppressed++;
      return;
    }
    written.set(key, now + SAME_FOR_MS);
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
