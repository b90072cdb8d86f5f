/** What is kept of one request: never a body, a header or a key. Times are epoch milliseconds. */
export interface RequestRow {
  readonly requestId: string;
  readonly startedAt: number;
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

export function packRow(row: RequestRow): string {
  const values: unknown[] = [];
  for (const name of FIELDS) values.push(row[name]);
  return JSON.stringify(values);
}

export function unpackRow(packed: string): RequestRow {
  const values = JSON.parse(packed) as unknown[];
  return Object.fromEntries(FIELDS.map((name, index) => [name, values[index]])) as unknown as RequestRow;
}
