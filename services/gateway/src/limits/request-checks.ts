import type { BudgetConfig, LimitsConfig } from '@muxgate/config';
import { budgetScope, NANO_USD, periodAt, type Check, type Period, type ScopeKind } from '@muxgate/limits';
import { costNanoUsd, type PriceBook } from '@muxgate/pricing';
import type { Exchange } from '../proxy/exchange.js';

const BYTES_PER_TOKEN = 4;
/** Answers are seldom longer: what a client allows at most would lock up far more than is used. */
const LIKELY_OUTPUT = 4_096;
/** Of a client that does not say. */
const USUAL_OUTPUT = 1_024;

/** Remembered until it ends: to ask a calendar costs more than all the rest. */
const periods = new Map<string, Period>();

/** The limits that a routed request must fit into, with what it is thought to take of them; none for most. */
export function checksOf(
  exchange: Exchange,
  maxTokens: number | undefined,
  prices: PriceBook,
  now: number,
): Check[] {
  const { client, routed, snapshot } = exchange;
  const checks: Check[] = [];
  if (client === undefined || routed === undefined) return checks;
  const { model } = routed;
  const team = client.shared;
  const limited = client.limits ?? team?.limits ?? model.limits ?? client.budget ?? team?.budget;
  if (limited === undefined) return checks;
  const counts = exchange.surface.name !== 'count_tokens';
  const inputTokens = Math.ceil(exchange.bodyLength / BYTES_PER_TOKEN);
  const outputTokens = Math.min(maxTokens ?? USUAL_OUTPUT, LIKELY_OUTPUT);
  const tokens = counts ? Math.max(1, inputTokens + outputTokens) : 0;
  pushLimits(checks, 'key', client.id, client.limits, tokens);
  if (team !== undefined) pushLimits(checks, 'team', team.name, team.limits, tokens);
  pushLimits(checks, 'model', model.name, model.limits, tokens);
  if (!counts) return checks;
  const { timeZone } = snapshot.clients;
  const cost = (): number => estimatedCost(exchange, prices, inputTokens, outputTokens);
  if (client.budget !== undefined)
    checks.push(budgetCheck('key', client.id, client.budget, cost(), timeZone, now));
  if (team?.budget !== undefined)
    checks.push(budgetCheck('team', team.name, team.budget, cost(), timeZone, now));
  return checks;
}

function pushLimits(
  checks: Check[],
  of: ScopeKind,
  id: string,
  limits: LimitsConfig | undefined,
  tokens: number,
): void {
  if (limits === undefined) return;
  const { requestsPerMinute, tokensPerMinute, concurrentRequests } = limits;
  if (requestsPerMinute !== undefined)
    checks.push({ kind: 'requests', of, scope: `requests:${of}:${id}`, limit: requestsPerMinute, amount: 1 });
  // what alone is more than the limit waits for an empty window
  if (tokensPerMinute !== undefined && tokens > 0) {
    const amount = Math.min(tokens, tokensPerMinute);
    checks.push({ kind: 'tokens', of, scope: `tokens:${of}:${id}`, limit: tokensPerMinute, amount });
  }
  if (concurrentRequests !== undefined)
    checks.push({ kind: 'slots', of, scope: `${of}:${id}`, limit: concurrentRequests, amount: 1 });
}

function budgetCheck(
  of: 'key' | 'team',
  subject: string,
  { usd, period, warnAtPercent }: BudgetConfig,
  amount: number,
  timeZone: string,
  now: number,
): Check {
  const known = `${period} ${timeZone}`;
  let current = periods.get(known);
  if (current === undefined || now >= current.end)
    periods.set(known, (current = periodAt(period, timeZone, now)));
  const limit = Math.round(usd * NANO_USD);
  return {
    kind: 'budget',
    of,
    scope: budgetScope(of, subject, current, period),
    limit,
    amount,
    budget: {
      subject,
      period,
      periodStart: current.start,
      periodEnd: current.end,
      warnAt: Math.round((limit * warnAtPercent) / 100),
    },
  };
}

/** By the target that is tried first; 0 where nobody knows what it costs. */
function estimatedCost(
  { routed }: Exchange,
  prices: PriceBook,
  inputTokens: number,
  outputTokens: number,
): number {
  const preferred = routed?.plan.preferred;
  if (routed === undefined || preferred === undefined) return 0;
  const price = prices.priceOf({ ...preferred, model: routed.model });
  if (price === undefined) return 0;
  return costNanoUsd(price, {
    inputTokens,
    outputTokens,
    cacheReadTokens: 0,
    cacheCreationTokens: 0,
    cacheCreation1hTokens: 0,
    reasoningTokens: 0,
  });
}
