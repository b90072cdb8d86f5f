import type { TargetConfig } from '@muxgate/config';
import { costNanoUsd, type PriceBook } from '@muxgate/pricing';
import { packFacts, packGroup, packParties, type AttemptEvent, type RequestEvent } from '@muxgate/usage';
import type { Decision } from '../proxy/decision.js';
import type { Exchange } from '../proxy/exchange.js';

const NONE = 'none';

/** What the attempts of one request come to so far. */
export class Bill {
  inputTokens = 0;
  outputTokens = 0;
  cacheReadTokens = 0;
  cacheCreationTokens = 0;
  reasoningTokens = 0;
  /** nano-USD; null once the price of one of them is not known */
  costNanoUsd: number | null = 0;
  estimated = false;

  add(event: AttemptEvent): void {
    this.inputTokens += event.inputTokens;
    this.outputTokens += event.outputTokens;
    this.cacheReadTokens += event.cacheReadTokens;
    this.cacheCreationTokens += event.cacheCreationTokens;
    this.reasoningTokens += event.reasoningTokens;
    this.costNanoUsd =
      this.costNanoUsd === null || event.costNanoUsd === null ? null : this.costNanoUsd + event.costNanoUsd;
    this.estimated ||= event.estimated;
  }
}

/** The running attempt as it would be booked now; undefined for one that nothing was answered to. */
export function attemptEvent(exchange: Exchange, prices: PriceBook, at: number): AttemptEvent | undefined {
  const { decision, usage } = exchange;
  if (decision === undefined || usage === undefined) return undefined;
  const price = prices.priceOf(decision);
  return {
    type: 'attempt',
    at,
    group: groupOf(exchange, decision),
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheCreationTokens: usage.cacheCreationTokens,
    reasoningTokens: usage.reasoningTokens,
    costNanoUsd: price === undefined ? null : costNanoUsd(price, usage),
    estimated: exchange.usageEstimated,
  };
}

type Client = NonNullable<Exchange['client']>;

/** What the requests of a client to a target have in common, packed. */
interface Common {
  readonly group: string;
  parties: string;
  /** which ones the parties are of: most requests are like the one before */
  surface: string;
  requestedModel: string;
  rule: string;
}

const commons = new WeakMap<TargetConfig, WeakMap<Client, Common>>();

function commonOf(client: Client, { model, provider, target }: Decision): Common {
  let ofTarget = commons.get(target);
  if (ofTarget === undefined) commons.set(target, (ofTarget = new WeakMap()));
  let common = ofTarget.get(client);
  if (common === undefined) {
    const { id: key, team = NONE } = client;
    const group = packGroup({ key, team, model: model.name, provider: provider.name });
    ofTarget.set(client, (common = { group, parties: '', surface: '', requestedModel: '', rule: '' }));
  }
  return common;
}

function groupOf({ client }: Exchange, decision: Decision): string {
  if (client !== undefined) return commonOf(client, decision).group;
  return packGroup({ key: NONE, team: NONE, model: decision.model.name, provider: decision.provider.name });
}

function partiesOf({ client, decision, requestedModel, surface }: Exchange): string {
  if (client === undefined || decision === undefined)
    return packPartiesOf(client, decision, surface.name, requestedModel);
  const common = commonOf(client, decision);
  const { rule } = decision;
  if (common.surface !== surface.name || common.requestedModel !== requestedModel || common.rule !== rule) {
    common.parties = packPartiesOf(client, decision, surface.name, requestedModel);
    Object.assign(common, { surface: surface.name, requestedModel, rule });
  }
  return common.parties;
}

function packPartiesOf(
  client: Client | undefined,
  decision: Decision | undefined,
  surface: string,
  requestedModel: string,
): string {
  return packParties({
    key: client?.id ?? NONE,
    keyName: client?.name ?? NONE,
    team: client?.team ?? NONE,
    surface,
    requestedModel: requestedModel.slice(0, 200),
    model: decision?.model.name ?? NONE,
    provider: decision?.provider.name ?? NONE,
    rule: decision?.rule ?? NONE,
  });
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
  const { decision, failure, firstContentAt, startedAt } = exchange;
  const bill = end.bill ?? new Bill();
  return {
    type: 'request',
    at: end.at,
    durationMs: Math.round(end.durationMs),
    error: end.status >= 400 || (failure !== undefined && !exchange.clientGone),
    group: decision === undefined ? null : groupOf(exchange, decision),
    row: packFacts(partiesOf(exchange), {
      requestId: exchange.id,
      startedAt: Math.round(end.at - end.durationMs),
      status: end.status,
      outcome: end.outcome,
      stream: exchange.stream,
      attempts: exchange.attempts,
      durationMs: Math.round(end.durationMs),
      firstTokenMs: firstContentAt === undefined ? null : Math.round(firstContentAt - startedAt),
      inputTokens: bill.inputTokens,
      outputTokens: bill.outputTokens,
      cacheReadTokens: bill.cacheReadTokens,
      cacheCreationTokens: bill.cacheCreationTokens,
      reasoningTokens: bill.reasoningTokens,
      costNanoUsd: bill.costNanoUsd,
      estimated: bill.estimated,
    }),
  };
}

export function outcomeOfRequest(exchange: Exchange, status: number): string {
  if (exchange.clientGone) return 'client_gone';
  if (exchange.failure !== undefined) return exchange.failure.code;
  return status >= 400 ? 'refused' : 'answered';
}
