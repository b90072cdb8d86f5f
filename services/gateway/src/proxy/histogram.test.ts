import fc from 'fast-check';
import { Histogram as Theirs, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.js';

const SETTINGS = {
  name: 'test_seconds',
  help: 'What is tested.',
  labelNames: ['a', 'b'],
  buckets: [0.001, 0.5, 2],
};

describe('the histogram of the hot path', () => {
  it('is exposed as prom-client would expose the same values', async () => {
    const value = fc.record({
      a: fc.constantFrom('', 'x', 'quote " and \\ and \n'),
      b: fc.constantFrom('y', 'z'),
      value: fc.oneof(fc.constantFrom(0, 0.001, 0.5, 2, 2.0001), fc.double({ min: 0, max: 4, noNaN: true })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 40 }), async (values) => {
        const [ours, theirs] = [new Registry(), new Registry()];
        const mine = new Histogram({ ...SETTINGS, registers: [ours] });
        const reference = new Theirs({ ...SETTINGS, registers: [theirs] });
        for (const { value: observed, ...labels } of values) {
          mine.labels(labels).observe(observed);
          reference.labels(labels).observe(observed);
        }
        mine.labels({ a: 'never', b: 'seen' });
        expect(await ours.metrics()).toBe(await theirs.metrics());
      }),
    );
  });

  it('forgets a series that is removed, and begins it anew', async () => {
    const registry = new Registry();
    const histogram = new Histogram({ ...SETTINGS, registers: [registry] });
    histogram.labels({ a: '1', b: '2' }).observe(1);
    histogram.remove({ b: '2', a: '1' });
    expect((await histogram.get()).values).toEqual([]);
    histogram.labels({ a: '1', b: '2' }).observe(1);
    expect((await histogram.get()).values.at(-1)?.value).toBe(1);
  });
});
