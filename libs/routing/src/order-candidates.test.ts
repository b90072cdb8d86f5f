import type { ProviderConfig } from '@muxgate/config';
import { describe, expect, it } from 'vitest';
import type { Candidate } from './candidates.js';
import { orderCandidates } from './order-candidates.js';

function candidate(provider: string, priority: number, weight: number): Candidate {
  const target = { provider, model: 'm', priority, weight };
  return { target, provider: {} as ProviderConfig, place: { provider, model: 'm', credential: '' } };
}
const names = (candidates: readonly Candidate[]): string[] => candidates.map(({ target }) => target.provider);

describe('the order of targets', () => {
  const a = candidate('a', 1, 5);
  const b = candidate('b', 1, 3);
  const c = candidate('c', 1, 2);
  const spare = candidate('spare', 2, 100);
  const all = [a, b, c, spare];
  const sessions = Array.from({ length: 10_000 }, (_, i) => `session-${i}`);

  it('is by priority first, whatever the weights', () => {
    for (const session of sessions.slice(0, 100))
      expect(names(orderCandidates(all, session))[3]).toBe('spare');
  });

  it('leaves targets of different priorities as they are', () => {
    const ranked = [candidate('x', 1, 1), candidate('y', 2, 9)];
    expect(orderCandidates(ranked, 's')).toBe(ranked);
  });

  it('is the same for a session through 100 turns', () => {
    const first = names(orderCandidates(all, 'one'));
    for (let turn = 0; turn < 100; turn++) expect(names(orderCandidates(all, 'one'))).toEqual(first);
  });

  it.each([
    ['with a session each', (i: number) => sessions[i]],
    ['without', () => undefined],
  ])('shares 10,000 requests by weight %s', (_how, session) => {
    const shares = new Map<string, number>();
    for (let i = 0; i < 10_000; i++) {
      const [first] = names(orderCandidates(all, session(i)));
      shares.set(first ?? '', (shares.get(first ?? '') ?? 0) + 1);
    }
    // three standard deviations of 10,000 draws are at most 1.5 %
    expect(Math.abs((shares.get('a') ?? 0) - 5_000)).toBeLessThan(150);
    expect(Math.abs((shares.get('b') ?? 0) - 3_000)).toBeLessThan(150);
    expect(Math.abs((shares.get('c') ?? 0) - 2_000)).toBeLessThan(150);
  });

  it('moves only the sessions of a target that has gone, and shares them by weight', () => {
    const places = sessions.map((session) => ({
      before: names(orderCandidates([a, b, c], session))[0],
      after: names(orderCandidates([b, c], session))[0],
    }));
    const stayed = places.filter(({ before }) => before !== 'a');
    expect(stayed.filter(({ before, after }) => before !== after)).toEqual([]);
    const moved = places.filter(({ before }) => before === 'a');
    const toB = moved.filter(({ after }) => after === 'b').length / moved.length;
    expect(Math.abs(toB - 0.6)).toBeLessThan(0.03);
  });
});
