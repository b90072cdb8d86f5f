import { hash } from 'node:crypto';
import type { Candidate } from './candidates.js';

const UNIT = 2 ** 52;

/**
 * Candidates in the order to be tried: by ascending priority, and among equals by weighted rendezvous hashing, so
 * that each session has an order of its own that no change of the others disturbs, and the first places are shared
 * by weight. Without a session the order is drawn. (Thaler and Ravishankar 1998; weights: Schindelhauer and
 * Schomaker 2005, score −w / ln h.)
 */
export function orderCandidates(
  candidates: readonly Candidate[],
  session: string | undefined,
  random: () => number = Math.random,
): readonly Candidate[] {
  if (candidates.length < 2 || !hasEquals(candidates)) return candidates;
  const scores = new Map(
    candidates.map((candidate) => {
      const unit = session === undefined ? random() : unitHash(session, candidate.target);
      return [candidate, -candidate.target.weight / Math.log(Math.max(unit, Number.MIN_VALUE))] as const;
    }),
  );
  const score = (candidate: Candidate): number => scores.get(candidate) ?? 0;
  return candidates.toSorted(
    (one, other) => one.target.priority - other.target.priority || score(other) - score(one),
  );
}

/** Candidates come sorted by priority. */
function hasEquals(candidates: readonly Candidate[]): boolean {
  return candidates.some(
    ({ target }, index) => index > 0 && candidates[index - 1]?.target.priority === target.priority,
  );
}

/** The same number between 0 and 1 for the same two texts, everywhere. */
function unitHash(session: string, { provider, model }: Candidate['target']): number {
  return Number.parseInt(hash('sha256', `${provider}\n${model}\n${session}`).slice(0, 13), 16) / UNIT;
}
