import type { EventPublisher } from '@muxgate/events';
import { NANO_USD, type Limit } from '@muxgate/limits';
import { messageOf, type Logger } from '@muxgate/runtime';

const MAX_TOLD = 10_000;

/** Tells people, once for each budget, its amount and period, that it has passed its threshold, and that it is spent. */
export class BudgetNotices {
  private readonly told = new Set<string>();

  constructor(
    private readonly events: Pick<EventPublisher, 'publish'>,
    private readonly logger: Logger,
  ) {}

  passed(limit: Limit): void {
    this.tell('budget.threshold', limit, (usd) => `has passed the threshold of its ${usd} USD`);
  }

  exhausted(limit: Limit): void {
    this.tell('budget.exhausted', limit, (usd) => `has spent its ${usd} USD; its requests are refused`);
  }

  private tell(
    type: 'budget.threshold' | 'budget.exhausted',
    { of, scope, limit, budget }: Limit,
    says: (usd: number) => string,
  ): void {
    const occurrence = `${scope} ${limit}`;
    const known = `${type} ${occurrence}`;
    if (budget === undefined || this.told.has(known)) return;
    if (this.told.size >= MAX_TOLD) this.told.clear();
    this.told.add(known);
    const { subject, name, period, periodStart, periodEnd } = budget;
    const usd = limit / NANO_USD;
    const whose = name === subject ? name : `${name} (${subject})`;
    const message = `The budget of ${of} ${whose} ${says(usd)} for this ${period}.`;
    const data = { scope: of, name, usd, period, periodStart, resetsAt: new Date(periodEnd).toISOString() };
    this.logger.warn({ subject, ...data }, message);
    this.events
      .publish({ type, subject, occurrence, onceUntil: periodEnd, message, data })
      .catch((error: unknown) => {
        this.told.delete(known);
        this.logger.warn({ reason: messageOf(error) }, 'an event about a budget could not be published');
      });
  }
}
