import type { TargetEvent } from '@muxgate/target-health';
import { beforeEach, describe, expect, it } from 'vitest';
import { TargetHealth } from './target-health.js';

const OPTIONS = { firstMs: 1_000, longestMs: 60_000, longestAskedMs: 3_600_000 };
const PLACE = { provider: 'p', model: 'm', credential: 'k' };
const OTHER_KEY = { ...PLACE, credential: 'k2' };

describe('health of targets', () => {
  let now: number;
  let random: number;
  let told: TargetEvent[];
  let health: TargetHealth;

  beforeEach(() => {
    now = 1_000_000;
    random = 1;
    told = [];
    health = new TargetHealth(
      OPTIONS,
      (event) => told.push(event),
      () => now,
      () => random,
    );
  });

  const fail = (askedMs?: number, whose: 'target' | 'credential' = 'target'): void =>
    health.begin(PLACE).failed(whose, askedMs);

  it('rests for one second after the first failure, doubled by each in a row up to a minute', () => {
    const rests = Array.from({ length: 9 }, () => {
      fail();
      const rest = health.restMs(PLACE);
      now += rest;
      return rest;
    });
    expect(rests).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
  });

  it('draws the whole of each rest, but for a tenth of a second', () => {
    const rests = [0.3, 0.5, 0].map((drawn) => {
      random = drawn;
      fail();
      const rest = health.restMs(PLACE);
      now += rest;
      return rest;
    });
    expect(rests).toEqual([300, 1_000, 100]);
  });

  it('rests as long as the upstream asks, within bounds', () => {
    fail(7_000);
    expect(health.restMs(PLACE)).toBe(7_000);
    now += 7_000;
    fail(99 * 3_600_000);
    expect(health.restMs(PLACE)).toBe(3_600_000);
  });

  it('a limited credential rests alone, a failing target for all', () => {
    fail(undefined, 'credential');
    expect(health.restMs(PLACE)).toBe(1_000);
    expect(health.restMs(OTHER_KEY)).toBe(0);
    fail(undefined, 'target');
    expect(health.restMs(OTHER_KEY)).toBe(1_000);
    expect(health.restMs({ ...PLACE, model: 'n' })).toBe(0);
  });

  it('lets one request try when the rest is over; its success ends the matter', () => {
    fail();
    now += 1_000;
    expect(health.restMs(PLACE)).toBe(0);
    const probe = health.begin(PLACE);
    expect(health.restMs(PLACE)).toBeGreaterThan(0);
    probe.well();
    expect(health.restMs(PLACE)).toBe(0);
    expect(health.begin(PLACE) && health.restMs(PLACE)).toBe(0);
    expect(told.at(-1)).toEqual({ cleared: { provider: 'p', model: 'm' } });
  });

  it('gives the next one the chance when the one that tried was abandoned', () => {
    fail();
    now += 1_000;
    const probe = health.begin(PLACE);
    probe.abandoned();
    probe.well();
    expect(health.restMs(PLACE)).toBe(0);
    health.begin(PLACE);
    expect(health.restMs(PLACE)).toBeGreaterThan(0);
  });

  it('counts failures of requests that ran together as one', () => {
    const together = Array.from({ length: 50 }, () => health.begin(PLACE));
    now += 10;
    for (const trial of together) trial.failed('target', undefined);
    expect(health.restMs(PLACE)).toBe(1_000);
    expect(told).toHaveLength(1);
  });

  it('a success that began before the failure says nothing about it', () => {
    const early = health.begin(PLACE);
    now += 10;
    fail();
    early.well();
    expect(health.restMs(PLACE)).toBe(1_000);
  });

  it('takes over what other replicas tell, and tells nobody of it', () => {
    const set = { provider: 'p', model: 'm', until: now + 5_000, failures: 3 };
    health.hear({ set });
    expect(health.restMs(PLACE)).toBe(5_000);
    health.hear({ set: { ...set, until: now + 2_000 } });
    expect(health.restMs(PLACE)).toBe(5_000);
    health.hear({ cleared: { provider: 'p', model: 'm' } });
    expect(health.restMs(PLACE)).toBe(0);
    expect(told).toEqual([]);
  });

  it('shows a target as resting while any of its credentials is', () => {
    fail(undefined, 'credential');
    expect(health.isResting('p', 'm')).toBe(true);
    expect(health.isResting('p', 'm2')).toBe(false);
    now += 1_000;
    expect(health.isResting('p', 'm')).toBe(false);
  });
});
