import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketMs, SlidingWindow } from './sliding-window.js';

const SPAN = 1_000;

describe('a sliding window', () => {
  it('never holds more than its limit in any span, and refuses only what would', () => {
    const step = fc.record({ after: fc.nat(400), amount: fc.integer({ min: 1, max: 8 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(1, 100), (steps, width) => {
        const limit = 10;
        const window = new SlidingWindow(SPAN, width);
        const granted: Array<{ at: number; amount: number }> = [];
        let now = 1_700_000_000_000;
        for (const { after, amount } of steps) {
          now += after;
          const within = (span: number, later = 0): number =>
            granted.filter(({ at }) => at > now + later - span).reduce((sum, item) => sum + item.amount, 0);
          const wait = window.waitFor(now, amount, limit);
          // what is refused is so by no more than the width of a bucket to the safe side, and has room after the wait
          const lawful =
            wait === 0
              ? within(SPAN) + amount <= limit
              : within(SPAN + width - 1) + amount > limit && within(SPAN, wait) + amount <= limit;
          expect(lawful).toBe(true);
          if (wait > 0) continue;
          window.add(now, amount);
          granted.push({ at: now, amount });
        }
      }),
    );
  });

  it('has no more buckets than it can look through, however large the limit', () => {
    expect([bucketMs('requests', 100), bucketMs('requests', 5_000), bucketMs('tokens', 10)]).toEqual([
      1, 100, 100,
    ]);
  });
});
