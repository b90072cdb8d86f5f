let lastNumber = 0;

/** Whom and what usage is about: one object for all events that have it in common, so that it is written once for them. */
export class Subject {
  /** names it in what this process writes: 32 bits, which a process that lives for long enough begins anew */
  readonly number = (lastNumber = (lastNumber + 1) >>> 0);

  constructor(
    /** packed, see `packGroup`; null of what never had a target: such requests are logged, and are no model's usage */
    readonly group: string | null,
    /** packed, see `packParties` */
    readonly parties: string,
  ) {}
}

/** Tokens and cost. */
export interface Bill {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  readonly reasoningTokens: number;
  /** null where a price is not known */
  readonly costNanoUsd: number | null;
  /** upstream did not say it all */
  readonly estimated: boolean;
}

/** Tokens and cost of one upstream attempt, when it has ended. */
export interface AttemptEvent extends Bill {
  readonly type: 'attempt';
  /** epoch ms */
  readonly at: number;
  readonly subject: Subject;
}

/** One request, when it is over. */
export interface RequestEvent extends RequestFacts {
  readonly type: 'request';
  readonly subject: Subject;
  readonly error: boolean;
  /** of all its attempts, each of which was told before: the very event of the only one */
  readonly bill: Bill;
}

/** What became of a request. Times are whole milliseconds. */
export interface RequestFacts {
  /** ASCII, 128 characters at most, as is the outcome */
  readonly requestId: string;
  /** epoch */
  readonly startedAt: number;
  readonly status: number;
  /** `answered`, `refused` by an upstream, `client_gone`, `gateway_lost`, or the code of what failed */
  readonly outcome: string;
  readonly stream: boolean;
  readonly attempts: number;
  readonly durationMs: number;
  readonly firstTokenMs: number | null;
}

export const NO_BILL: Bill = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheCreationTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 0,
  estimated: false,
};

/** What two attempts come to; their cost is not known where that of one of them is not. */
export function addBills(one: Bill, other: Bill): Bill {
  const hasCost = one.costNanoUsd !== null && other.costNanoUsd !== null;
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheCreationTokens: one.cacheCreationTokens + other.cacheCreationTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
    costNanoUsd: hasCost ? one.costNanoUsd + other.costNanoUsd : null,
    estimated: one.estimated || other.estimated,
  };
}

export type UsageEvent = AttemptEvent | RequestEvent;

/** Epoch ms. */
export function endOf(event: UsageEvent): number {
  return event.type === 'attempt' ? event.at : event.startedAt + event.durationMs;
}
