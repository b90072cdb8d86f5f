import type { Price } from '@muxgate/pricing';
import { expect, it } from 'vitest';
import { NO_USAGE } from '../proxy/usage-reader.js';
import { costOf } from './exchange-events.js';

const rates = (input: number) => ({
  input,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  reasoning: 0,
});
const price: Price = {
  source: 'list',
  base: rates(1_000),
  tiers: [{ above: 200_000, rates: rates(2_000) }],
};

it('a compaction and its answer reach a tier each by its own prompt', () => {
  const compaction = { ...NO_USAGE, inputTokens: 180_000 };
  expect(costOf(price, { ...NO_USAGE, inputTokens: 203_000, compaction })).toBe(203_000);
  expect(costOf(price, { ...NO_USAGE, inputTokens: 203_000 })).toBe(406_000);
});
