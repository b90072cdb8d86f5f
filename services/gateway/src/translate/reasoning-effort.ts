import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { Dropped } from './dropped.js';

export type Effort = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const EFFORTS: ReadonlySet<unknown> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** The vendors' word for how much to think, which they share. */
export function effortOf(value: unknown, dropped: Dropped): Effort | undefined {
  if (EFFORTS.has(value)) return value as Effort;
  if (value !== undefined && value !== null) dropped.add('effort');
  return undefined;
}
