import { describe, expect, it } from 'vitest';
import { FailureBudget, readSteering } from './steering.js';

describe('steering headers', () => {
  it('are all optional', () => {
    expect(readSteering({})).toEqual({ delayMs: 0, intervalMs: 10 });
  });

  it.each([
    ['x-sandbox-status', '200'],
    ['x-sandbox-status', '5x9'],
    ['x-sandbox-events', '-1'],
    ['x-sandbox-interval-ms', '1.5'],
    ['x-sandbox-bytes', '99999999999'],
    ['x-sandbox-fail', 'politely'],
  ])('refuse a value that says nothing sensible: %s: %s', (name, value) => {
    expect(() => readSteering({ [name]: value })).toThrow(name);
  });
});

describe('x-sandbox-times', () => {
  it('lets the failure pass after so many requests, tag by tag', () => {
    const budget = new FailureBudget();
    const steering = readSteering({
      'x-sandbox-status': '500',
      'x-sandbox-tag': 'a',
      'x-sandbox-times': '1',
    });
    expect(budget.apply(steering).status).toBe(500);
    expect(budget.apply(steering).status).toBeUndefined();
    expect(budget.apply({ ...steering, tag: 'b' }).status).toBe(500);
  });

  it('does not count without a tag', () => {
    const budget = new FailureBudget();
    const steering = readSteering({ 'x-sandbox-status': '500', 'x-sandbox-times': '1' });
    expect([budget.apply(steering).status, budget.apply(steering).status]).toEqual([500, 500]);
  });
});
