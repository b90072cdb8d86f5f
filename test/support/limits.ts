import type { Limit } from '@muxgate/limits';

const DAY_MS = 86_400_000;

/** A limit of a client key; a budget's period ends in a day. */
export function limitOf(kind: Limit['kind'], scope: string, limit: number, warnAt = limit): Limit {
  const of = { kind, of: 'key', scope, limit } as const;
  if (kind !== 'budget') return of;
  const periodEnd = Date.now() + DAY_MS;
  return { ...of, budget: { subject: 'k', name: 'k', period: 'day', periodStart: '', periodEnd, warnAt } };
}
