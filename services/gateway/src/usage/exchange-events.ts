import type { TargetConfig } from '@muxgate/config';
import { costNanoUsd, type Price, type PriceBook } from '@muxgate/pricing';
import {
  NO_BILL,
  packGroup,
  packParties,
  Subject,
  type AttemptEvent,
  type Bill,
  type RequestEvent,
} from '@muxgate/usage';
import type { Decision } from '../proxy/decision.js';
import type { Exchange } from '../proxy/exchange.js';
import type { Surface } from '../proxy/surface.js';
import { withoutCompaction, type Usage } from '../proxy/usage-reader.js';

const NONE = 'none';

/** The running attempt as it would be booked now; undefined for one that nothing was answered to. */
export function attemptEvent(exchange: Exchange, prices: PriceBook, at: number): AttemptEvent | undefined {
  const { decision, usage } = exchange;
  if (decision === undefined || usage === undefined) return undefined;
  const price = prices.priceOf(decision);
  return {
    type: 'attempt',
    at,
    subject: subjectOf(exchange),
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheCreationTokens: usage.cacheCreationTokens,
    reasoningTokens: usage.reasoningTokens,
    costNanoUsd: price === undefined ? null : costOf(price, usage),
    estimated: exchange.usageEstimated,
  };
}

/** A tier goes by the prompt, and a compaction has one of its own. */
export function costOf(price: Price, usage: Usage): number {
  const { compaction } = usage;
  if (compaction === undefined) return costNanoUsd(price, usage);
  return costNanoUsd(price, withoutCompaction(usage)) + costNanoUsd(price, compaction);
}

type Client = NonNullable<Exchange['client']>;

/** The subject of a client's last request to a target, with what it was made of: most requests are like the one before. */
interface Known {
  readonly subject: Subject;
  readonly surface: Surface;
  readonly requestedModel: string;
  readonly rule: string;
}

const known = new WeakMap<TargetConfig, WeakMap<Client, Known>>();

function subjectOf({ client, decision, requestedModel, surface }: Exchange): Subject {
  if (client === undefined || decision === undefined)
    return newSubject(client, decision, surface, requestedModel);
  const { target, rule } = decision;
  let ofTarget = known.get(target);
  if (ofTarget === undefined) known.set(target, (ofTarget = new WeakMap()));
  const last = ofTarget.get(client);
  if (last?.surface === surface && last.requestedModel === requestedModel && last.rule === rule)
    return last.subject;
  const subject = newSubject(client, decision, surface, requestedModel);
  ofTarget.set(client, { subject, surface, requestedModel, rule });
  return subject;
}

function newSubject(
  client: Client | undefined,
  decision: Decision | undefined,
  surface: Surface,
  requestedModel: string,
): Subject {
  const { id: key = NONE, name: keyName = NONE, team = NONE } = client ?? {};
  const model = decision?.model.name ?? NONE;
  const provider = decision?.provider.name ?? NONE;
  const parties = packParties({
    key,
    keyName,
    team,
    surface: surface.name,
    operation: surface.operation,
    requestedModel: requestedModel.slice(0, 200),
    model,
    provider,
    rule: decision?.rule ?? NONE,
  });
  return new Subject(decision === undefined ? null : packGroup({ key, team, model, provider }), parties);
}

export interface RequestEnd {
  readonly status: number;
  readonly durationMs: number;
  /** epoch ms */
  readonly at: number;
  readonly outcome: string;
  readonly bill: Bill | undefined;
}

export function requestEvent(exchange: Exchange, end: RequestEnd): RequestEvent {
  const { failure, firstContentAt, startedAt } = exchange;
  return {
    type: 'request',
    subject: subjectOf(exchange),
    error: end.status >= 400 || (failure !== undefined && !exchange.clientGone),
    requestId: exchange.id,
    startedAt: Math.round(end.at - end.durationMs),
    status: end.status,
    outcome: end.outcome,
    stream: exchange.stream,
    attempts: exchange.attempts,
    durationMs: Math.round(end.durationMs),
    firstTokenMs: firstContentAt === undefined ? null : Math.round(firstContentAt - startedAt),
    bill: end.bill ?? NO_BILL,
  };
}

export function outcomeOfRequest(exchange: Exchange, status: number): string {
  if (exchange.clientGone) return 'client_gone';
  if (exchange.failure !== undefined) return exchange.failure.code;
  return status >= 400 ? 'refused' : 'answered';
}
