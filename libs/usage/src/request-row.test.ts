import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packFacts, packParties, unpackRow } from './request-row.js';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const count = fc.nat(Number.MAX_SAFE_INTEGER);
const parties = fc.record({
  key: text,
  keyName: text,
  team: text,
  surface: text,
  requestedModel: text,
  model: text,
  provider: text,
  rule: text,
});
const facts = fc.record({
  requestId: text,
  startedAt: count,
  status: count,
  outcome: text,
  stream: fc.boolean(),
  attempts: count,
  durationMs: count,
  firstTokenMs: fc.option(count),
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheCreationTokens: count,
  reasoningTokens: count,
  costNanoUsd: fc.option(count),
  estimated: fc.boolean(),
});

describe('a row of the request log', () => {
  it('is unpacked as it was packed, in one line, whatever its texts hold', () => {
    fc.assert(
      fc.property(parties, facts, (who, what) => {
        const packed = packFacts(packParties(who), what);
        expect(unpackRow(packed)).toEqual({ ...who, ...what });
        expect(packed).not.toContain('\n');
      }),
    );
  });
});
