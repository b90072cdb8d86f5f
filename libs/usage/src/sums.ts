/** What is added up of usage, in the order in which Redis keeps it. Costs are nano-USD (10⁻⁹ USD), whole. */
export const COUNTS = [
  'requests',
  'errors',
  /** upstream attempts that were billed, or may have been */
  'attempts',
  /** of those, whose tokens upstream did not say */
  'estimatedAttempts',
  /** of those, whose price nobody knows: their cost is not in any sum */
  'unpricedAttempts',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheCreationTokens',
  'reasoningTokens',
  'costNanoUsd',
  'estimatedCostNanoUsd',
] as const;

export type UsageSums = Record<(typeof COUNTS)[number], number>;

export function noSums(): UsageSums {
  return {
    requests: 0,
    errors: 0,
    attempts: 0,
    estimatedAttempts: 0,
    unpricedAttempts: 0,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheCreationTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: 0,
    estimatedCostNanoUsd: 0,
  };
}

export function addSums(to: UsageSums, more: Readonly<UsageSums>): void {
  for (const name of COUNTS) to[name] += more[name];
}

/** As Redis keeps sums: whole numbers, one space between two. */
export function packSums(sums: Readonly<UsageSums>): string {
  return COUNTS.map((name) => sums[name]).join(' ');
}

export function unpackSums(packed: string): UsageSums {
  const sums = noSums();
  const numbers = packed.split(' ');
  for (const [index, name] of COUNTS.entries()) sums[name] = Number(numbers[index] ?? 0);
  return sums;
}

/** Whose usage it is; each combination is added up by itself. */
export interface UsageGroup {
  /** id of the client key */
  readonly key: string;
  readonly team: string;
  readonly model: string;
  readonly provider: string;
}

export function packGroup({ key, team, model, provider }: UsageGroup): string {
  return JSON.stringify([key, team, model, provider]);
}

export function unpackGroup(packed: string): UsageGroup {
  const [key, team, model, provider] = JSON.parse(packed) as [string, string, string, string];
  return { key, team, model, provider };
}
