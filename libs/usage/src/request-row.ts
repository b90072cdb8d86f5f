import type { Bill, RequestFacts } from './events.js';
import { readBill, readFacts, recordLength } from './read-records.js';

/** Who and what a request was about: the same for many. */
export interface RequestParties {
  /** id of the client key */
  readonly key: string;
  readonly keyName: string;
  readonly team: string;
  readonly surface: string;
  /** `chat` or `count_tokens` */
  readonly operation: string;
  /** as the client asked for it */
  readonly requestedModel: string;
  readonly model: string;
  readonly provider: string;
  readonly rule: string;
}

/** What is kept of one request: never a body, a header or a key. */
export type RequestRow = RequestParties & RequestFacts & Bill;

export function packParties(parties: RequestParties): string {
  const { key, keyName, team, surface, requestedModel, model, provider, rule, operation } = parties;
  return JSON.stringify([key, keyName, team, surface, requestedModel, model, provider, rule, operation]);
}

function unpackParties(packed: string): RequestParties {
  const [key, keyName, team, surface, requestedModel, model, provider, rule, operation] = JSON.parse(
    packed,
  ) as string[];
  return { key, keyName, team, surface, requestedModel, model, provider, rule, operation } as RequestParties;
}

/** Reads rows as Redis keeps them: the record of a request, then its packed parties. */
export class RowReader {
  /** by their text: many rows have it in common */
  private readonly parties = new Map<string, RequestParties>();

  read(row: Buffer): RequestRow {
    if (row[0] === BRACKET) return unpackJson(row);
    const parties = this.partiesOf(row.toString('utf8', recordLength(row)));
    return { ...parties, ...readFacts(row), ...readBill(row) };
  }

  private partiesOf(packed: string): RequestParties {
    let parties = this.parties.get(packed);
    if (parties === undefined) this.parties.set(packed, (parties = unpackParties(packed)));
    return parties;
  }
}

const BRACKET = '['.charCodeAt(0);
/** The order in which rows had them that were written before November 2026: as JSON. */
const JSON_FIELDS = [
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

/** What they called surfaces. */
const SURFACES: Readonly<Record<string, string>> = {
  messages: 'anthropic-messages',
  count_tokens: 'anthropic-messages',
  chat_completions: 'openai-chat',
  responses: 'openai-responses',
};

function unpackJson(text: Buffer): RequestRow {
  const values = JSON.parse(text.toString()) as unknown[];
  const row = Object.fromEntries(JSON_FIELDS.map((name, index) => [name, values[index]]));
  const called = row['surface'] as string;
  const operation = called === 'count_tokens' ? called : 'chat';
  return { ...row, surface: SURFACES[called] ?? called, operation } as unknown as RequestRow;
}
