/** Who and what a request was about: the same for many. */
export interface RequestParties {
  /** id of the client key */
  readonly key: string;
  readonly keyName: string;
  readonly team: string;
  readonly surface: string;
  /** as the client asked for it */
  readonly requestedModel: string;
  readonly model: string;
  readonly provider: string;
  readonly rule: string;
}

/** What became of it. Times are epoch milliseconds. */
export interface RequestFacts {
  readonly requestId: string;
  readonly startedAt: number;
  readonly status: number;
  /** `answered`, `refused` by an upstream, `client_gone`, `gateway_lost`, or the code of what failed */
  readonly outcome: string;
  readonly stream: boolean;
  readonly attempts: number;
  readonly durationMs: number;
  readonly firstTokenMs: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  readonly reasoningTokens: number;
  /** null where a price is not known */
  readonly costNanoUsd: number | null;
  readonly estimated: boolean;
}

/** What is kept of one request: never a body, a header or a key. */
export type RequestRow = RequestParties & RequestFacts;

/** The order in which Redis keeps them: names would be half of a row. */
const FIELDS = [
  'requestId',
  'startedAt',
  'key',
  'keyName',
  'team',
  'surface',
  'requestedModel',
  'model',
  'provider',
  'rule',
  'status',
  'outcome',
  'stream',
  'attempts',
  'durationMs',
  'firstTokenMs',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheCreationTokens',
  'reasoningTokens',
  'costNanoUsd',
  'estimated',
] as const satisfies readonly (keyof RequestRow)[];

/** The middle of a row, to be packed once for all requests that have it in common. */
export function packParties(parties: RequestParties): string {
  const { key, keyName, team, surface, requestedModel, model, provider, rule } = parties;
  return JSON.stringify([key, keyName, team, surface, requestedModel, model, provider, rule]).slice(1, -1);
}

/** A row, put together by hand: most of it is numbers, which cost less so than as values of a list that is made for it. */
export function packFacts(parties: string, facts: RequestFacts): string {
  const { requestId, startedAt, status, outcome, stream, attempts, durationMs, firstTokenMs } = facts;
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens, reasoningTokens } = facts;
  const course = `${status},${JSON.stringify(outcome)},${stream},${attempts},${durationMs},${firstTokenMs}`;
  const tokens = `${inputTokens},${outputTokens},${cacheReadTokens},${cacheCreationTokens},${reasoningTokens}`;
  const start = `${JSON.stringify(requestId)},${startedAt}`;
  return `[${start},${parties},${course},${tokens},${facts.costNanoUsd},${facts.estimated}]`;
}

export function unpackRow(packed: string): RequestRow {
  const values = JSON.parse(packed) as unknown[];
  return Object.fromEntries(FIELDS.map((name, index) => [name, values[index]])) as unknown as RequestRow;
}
