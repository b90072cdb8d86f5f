let subjects = 0;

/** Whom and what usage is about: one object for all events that have it in common, so that it is written once for them. */
export class Subject {
  /** names it in what this process writes */
  readonly number = ++subjects;

  constructor(
    /** packed, see `packGroup`; null of what never had a target: such requests are logged, and are no model's usage */
    readonly group: string | null,
    /** packed, see `packParties` */
    readonly parties: string,
  ) {}
}

export interface Figures {
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
export interface AttemptEvent extends Figures {
  readonly type: 'attempt';
  /** epoch ms */
  readonly at: number;
  readonly subject: Subject;
}

/** One request, when it is over; its figures were told by its attempts. */
export interface RequestEvent extends RequestFacts {
  readonly type: 'request';
  readonly subject: Subject;
  readonly error: boolean;
}

/** What became of a request. Times are whole milliseconds. */
export interface RequestFacts extends Figures {
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

export type UsageEvent = AttemptEvent | RequestEvent;

/** Epoch ms. */
export function endOf(event: UsageEvent): number {
  return event.type === 'attempt' ? event.at : event.startedAt + event.durationMs;
}
