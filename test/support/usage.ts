import fc from 'fast-check';
import { Subject, type Bill, type RequestEvent, type RequestFacts } from '../../libs/usage/src/events.ts';
import { RecordBuffer } from '../../libs/usage/src/record-buffer.ts';
import { REQUEST } from '../../libs/usage/src/record-layout.ts';
import { packParties, type RequestParties } from '../../libs/usage/src/request-row.ts';
import { packGroup } from '../../libs/usage/src/sums.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 128 });
const count = fc.nat(Number.MAX_SAFE_INTEGER);
const small = fc.nat(0xffff);

/** Of requests that are told apart by other things. */
export const PARTIES: RequestParties = {
  key: 'key_a',
  keyName: 'ci',
  team: 'core',
  surface: 'anthropic-messages',
  operation: 'chat',
  requestedModel: 'm',
  model: 'm',
  provider: 'p',
  rule: 'default',
};

export const parties: fc.Arbitrary<RequestParties> = fc.record({
  key: text,
  keyName: text,
  team: text,
  surface: text,
  operation: text,
  requestedModel: text,
  model: text,
  provider: text,
  rule: text,
});

export const facts: fc.Arbitrary<RequestFacts> = fc.record({
  requestId: ascii,
  startedAt: count,
  status: small,
  outcome: ascii,
  stream: fc.boolean(),
  attempts: small,
  durationMs: count,
  firstTokenMs: fc.option(count),
});

export const bills: fc.Arbitrary<Bill> = fc.record({
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheCreationTokens: count,
  reasoningTokens: count,
  costNanoUsd: fc.option(count),
  estimated: fc.boolean(),
});

/** A request as it is told to the ledger. */
export function eventOf(who: RequestParties, what: RequestFacts, bill: Bill): RequestEvent {
  const subject = new Subject(packGroup(who), packParties(who));
  return { type: 'request', subject, error: what.status >= 400, ...what, bill };
}

/** A request as Redis keeps it. */
export function rowBytes(event: RequestEvent): Buffer {
  const record = new RecordBuffer(256);
  record.request(REQUEST, event);
  return Buffer.concat([record.written, Buffer.from(event.subject.parties)]);
}
