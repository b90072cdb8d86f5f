import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';

export type Effort = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const EFFORTS: ReadonlySet<unknown> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** The vendors' word for how much to think, which they share. */
export function effortOf(value: unknown): Effort | undefined {
  return EFFORTS.has(value) ? (value as Effort) : undefined;
}
