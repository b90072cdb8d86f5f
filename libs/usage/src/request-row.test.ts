import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bills, eventOf, facts, PARTIES, parties, rowBytes } from '../../../test/support/usage.ts';
import { RowReader } from './request-row.js';

describe('a row of the request log', () => {
  it('is read as it was written, whatever its texts hold, beside others of the same parties', () => {
    fc.assert(
      fc.property(parties, fc.array(fc.tuple(facts, bills), { minLength: 1, maxLength: 3 }), (who, all) => {
        const reader = new RowReader();
        for (const [what, bill] of all)
          expect(reader.read(rowBytes(eventOf(who, what, bill)))).toEqual({ ...who, ...what, ...bill });
      }),
    );
  });

  it('of before November 2026 is JSON', () => {
    const row =
      '["req_1",1,"key_a","ci","core","messages","m","m","p","default",200,"answered",true,1,20,null,10,5,1,2,3,1000,false]';
    expect(new RowReader().read(Buffer.from(row))).toEqual({
      requestId: 'req_1',
      startedAt: 1,
      ...PARTIES,
      status: 200,
      outcome: 'answered',
      stream: true,
      attempts: 1,
      durationMs: 20,
      firstTokenMs: null,
      inputTokens: 10,
      outputTokens: 5,
      cacheReadTokens: 1,
      cacheCreationTokens: 2,
      reasoningTokens: 3,
      costNanoUsd: 1_000,
      estimated: false,
    });
    const counted = new RowReader().read(Buffer.from(row.replace('"messages"', '"count_tokens"')));
    expect(counted).toMatchObject({ surface: 'anthropic-messages', operation: 'count_tokens' });
  });
});
