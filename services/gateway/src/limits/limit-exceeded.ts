import { NANO_USD, type Limit } from '@muxgate/limits';
import { AppError } from '@muxgate/runtime';

const CODES = {
  requests: 'rate_limit_exceeded',
  tokens: 'rate_limit_exceeded',
  slots: 'concurrency_limit_exceeded',
  budget: 'budget_exhausted',
} as const;

/** A limit or a budget that has no room for a request. */
export class LimitExceeded extends AppError {
  constructor(
    limit: Limit,
    readonly retryAfterMs: number,
    /** what is left of limits, as flat header pairs */
    readonly limitHeaders: readonly string[],
  ) {
    super(messageFor(limit, retryAfterMs), CODES[limit.kind], 429, true);
  }

  /** As flat pairs. To send a request again that no budget is left for would only cost time. */
  get headers(): readonly string[] {
    const wait = ['retry-after', String(seconds(this.retryAfterMs))];
    const hint = this.code === CODES.budget ? ['x-should-retry', 'false'] : [];
    return [...wait, ...hint, ...this.limitHeaders];
  }
}

function messageFor({ kind, of, limit, budget }: Limit, retryAfterMs: number): string {
  const whose = { key: 'this client key', team: 'the team of this client key', model: 'this model' }[of];
  const again = `try again in ${seconds(retryAfterMs)} s`;
  switch (kind) {
    case 'requests':
      return `rate limit: ${whose} may make ${limit} requests per minute; ${again}`;
    case 'tokens':
      return `rate limit: ${whose} may use ${limit} tokens per minute; ${again}`;
    case 'slots':
      return `rate limit: ${whose} may have ${limit} requests at once; try again when one has ended`;
    case 'budget':
      return `budget: ${whose} has spent its ${limit / NANO_USD} USD for this ${budget?.period ?? 'period'}; ${again}`;
  }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
