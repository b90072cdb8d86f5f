import type { Command } from 'commander';
import { count } from '../command.js';
import { usageFailure } from '../failure.js';

export interface Limits {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly concurrentRequests?: number;
}

export interface Budget {
  readonly usd: number;
  readonly period: 'day' | 'week' | 'month';
  readonly warnAtPercent?: number;
}

export interface LimitOptions {
  readonly rpm?: number;
  readonly tpm?: number;
  readonly concurrent?: number;
  readonly budget?: string;
  readonly warnAt?: number;
}

/** Options of whatever may be limited: a key or a team. */
export function withLimitOptions(command: Command): Command {
  return command
    .option('--rpm <n>', 'requests per minute', count)
    .option('--tpm <n>', 'tokens per minute', count)
    .option('--concurrent <n>', 'requests at once', count)
    .option('--budget <usd/period>', 'such as 50/month; the period is day, week or month')
    .option('--warn-at <percent>', 'share of the budget at which webhooks and metrics warn', count);
}

export function limitsOf(options: LimitOptions): { limits?: Limits; budget?: Budget } {
  const { rpm, tpm, concurrent, budget, warnAt } = options;
  if (warnAt !== undefined && budget === undefined) throw usageFailure('--warn-at goes with --budget.');
  const limits = {
    ...(rpm === undefined ? {} : { requestsPerMinute: rpm }),
    ...(tpm === undefined ? {} : { tokensPerMinute: tpm }),
    ...(concurrent === undefined ? {} : { concurrentRequests: concurrent }),
  };
  return {
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(budget === undefined
      ? {}
      : { budget: { ...budgetOf(budget), ...(warnAt === undefined ? {} : { warnAtPercent: warnAt }) } }),
  };
}

function budgetOf(text: string): Budget {
  const [, usd, period] = /^(\d{1,9}(?:\.\d{1,6})?)\/(day|week|month)$/.exec(text) ?? [];
  if (usd === undefined || Number(usd) === 0) {
    throw usageFailure(`"${text}" is no budget: write USD and period, such as 50/month.`);
  }
  return { usd: Number(usd), period: period as Budget['period'] };
}

/** In words, for people. */
export function limitsText({ requestsPerMinute, tokensPerMinute, concurrentRequests }: Limits = {}): string {
  return [
    requestsPerMinute && `${requestsPerMinute} requests a minute`,
    tokensPerMinute && `${tokensPerMinute} tokens a minute`,
    concurrentRequests && `${concurrentRequests} at once`,
  ]
    .filter(Boolean)
    .join(', ');
}

export function budgetText(budget: Budget | undefined): string {
  return budget === undefined ? '' : `${budget.usd} USD a ${budget.period}`;
}
