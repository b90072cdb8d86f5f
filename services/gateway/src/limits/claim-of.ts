import type { BudgetConfig, LimitsConfig, ModelConfig } from '@muxgate/config';
import type { Client } from '@muxgate/clients';
import { budgetScope, Claim, NANO_USD, periodAt, type Limit, type ScopeKind } from '@muxgate/limits';
import { costNanoUsd, type PriceBook } from '@muxgate/pricing';
import type { Exchange } from '../proxy/exchange.js';

const BYTES_PER_TOKEN = 4;
/** Answers are seldom longer: what a client allows at most would lock up far more than is used. */
const LIKELY_OUTPUT = 4_096;
/** Of a client that does not say. */
const USUAL_OUTPUT = 1_024;

/** The limits that a routed request must fit into, with what it is thought to take of them; none for most. */
export function claimOf(
  exchange: Exchange,
  maxTokens: number | undefined,
  prices: PriceBook,
  now: number,
): Claim | undefined {
  const { client, routed, snapshot } = exchange;
  if (client === undefined || routed === undefined) return undefined;
  const { model } = routed;
  const team = client.shared;
  const limited = client.limits ?? team?.limits ?? model.limits ?? client.budget ?? team?.budget;
  if (limited === undefined) return undefined;
  const applying = applyingTo(client, model, snapshot.clients.timeZone, now);
  const limits = exchange.surface.operation === 'count_tokens' ? applying.ofRequests : applying.all;
  if (limits.length === 0) return undefined;
  const inputTokens = Math.ceil(exchange.bodyLength / BYTES_PER_TOKEN);
  const outputTokens = Math.min(maxTokens ?? USUAL_OUTPUT, LIKELY_OUTPUT);
  const tokens = Math.max(1, inputTokens + outputTokens);
  let cost: number | undefined;
  const amounts = limits.map(({ kind, limit }) => {
    // what alone is more than the limit waits for an empty window
    if (kind === 'tokens') return Math.min(tokens, limit);
    if (kind === 'budget') return (cost ??= estimatedCost(exchange, prices, inputTokens, outputTokens));
    return 1;
  });
  return new Claim(limits, amounts);
}

/** Made once: to put together the names, and to ask a calendar, costs a request more than all the rest. */
interface Applying {
  readonly all: readonly Limit[];
  /** without tokens and budgets, which counting tokens uses none of */
  readonly ofRequests: readonly Limit[];
  readonly timeZone: string;
  /** the first end of a budget's period, epoch ms */
  readonly until: number;
}

const ofClients = new WeakMap<Client, WeakMap<ModelConfig, Applying>>();
/** Of a client key, a team or a model: shared by all requests that they apply to. */
const ofOwners = new WeakMap<object, Applying>();

function applyingTo(client: Client, model: ModelConfig, timeZone: string, now: number): Applying {
  let ofModels = ofClients.get(client);
  if (ofModels === undefined) ofClients.set(client, (ofModels = new WeakMap()));
  const known = ofModels.get(model);
  if (known !== undefined && isCurrent(known, timeZone, now)) return known;
  const team = client.shared;
  const owners = [
    limitsOf('key', client.id, client, timeZone, now),
    ...(team === undefined ? [] : [limitsOf('team', team.name, team, timeZone, now)]),
    limitsOf('model', model.name, model, timeZone, now),
  ];
  const made = applying(
    owners.flatMap(({ all }) => all),
    timeZone,
  );
  ofModels.set(model, made);
  return made;
}

function isCurrent(known: Applying, timeZone: string, now: number): boolean {
  return known.timeZone === timeZone && now < known.until;
}

interface Owner {
  readonly name: string;
  readonly limits?: LimitsConfig;
  readonly budget?: BudgetConfig;
}

function limitsOf(of: ScopeKind, id: string, owner: Owner, timeZone: string, now: number): Applying {
  const known = ofOwners.get(owner);
  if (known !== undefined && isCurrent(known, timeZone, now)) return known;
  const { requestsPerMinute, tokensPerMinute, concurrentRequests } = owner.limits ?? {};
  const all: Limit[] = [];
  if (requestsPerMinute !== undefined)
    all.push({ kind: 'requests', of, scope: `requests:${of}:${id}`, limit: requestsPerMinute });
  if (tokensPerMinute !== undefined)
    all.push({ kind: 'tokens', of, scope: `tokens:${of}:${id}`, limit: tokensPerMinute });
  if (concurrentRequests !== undefined)
    all.push({ kind: 'slots', of, scope: `${of}:${id}`, limit: concurrentRequests });
  if (owner.budget !== undefined && of !== 'model')
    all.push(budgetLimit(of, id, owner.name, owner.budget, timeZone, now));
  const made = applying(all, timeZone);
  ofOwners.set(owner, made);
  return made;
}

function applying(all: readonly Limit[], timeZone: string): Applying {
  return {
    all,
    ofRequests: all.filter(({ kind }) => kind === 'requests' || kind === 'slots'),
    timeZone,
    until: Math.min(...all.map(({ budget }) => budget?.periodEnd ?? Infinity)),
  };
}

function budgetLimit(
  of: 'key' | 'team',
  subject: string,
  name: string,
  { usd, period, warnAtPercent }: BudgetConfig,
  timeZone: string,
  now: number,
): Limit {
  const current = periodAt(period, timeZone, now);
  const limit = Math.round(usd * NANO_USD);
  return {
    kind: 'budget',
    of,
    scope: budgetScope(of, subject, current, period),
    limit,
    budget: {
      subject,
      name,
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
