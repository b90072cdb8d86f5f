import type { LanguageModelV4FinishReason, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Usage } from '../proxy/usage-reader.js';
import { isObject, numberOf, objectsIn } from './json.js';

/** What an answer consists of, whoever gave it: blocks, one after the other. */
export type BlockStart =
  | { readonly kind: 'text' }
  | { readonly kind: 'thinking' }
  | { readonly kind: 'redacted'; readonly data: string }
  | { readonly kind: 'tool'; readonly id: string; readonly name: string };

export interface Block {
  readonly start: BlockStart;
  /** text, thought, or a tool's arguments as JSON text */
  readonly text: string;
  /** proves to the vendor that a thought is its own */
  readonly signature: string | undefined;
}

export interface Finish {
  readonly reason: LanguageModelV4FinishReason['unified'];
  readonly stopSequence: string | undefined;
  readonly usage: Usage | undefined;
}

/** Of the request, what its answer repeats or depends on. */
export interface AnswerFacts {
  readonly id: string;
  /** the name that the client asked for */
  readonly model: string;
  /** epoch seconds */
  readonly createdAt: number;
  readonly request: Readonly<Record<string, unknown>>;
}

/** The library's counts as ours; undefined where upstream did not say. */
export function usageOf({ inputTokens, outputTokens, raw }: LanguageModelV4Usage): Usage | undefined {
  if (inputTokens.total === undefined && outputTokens.total === undefined) return undefined;
  const cacheReadTokens = inputTokens.cacheRead ?? 0;
  const cacheCreationTokens = inputTokens.cacheWrite ?? 0;
  return {
    inputTokens: Math.max(
      0,
      inputTokens.noCache ?? (inputTokens.total ?? 0) - cacheReadTokens - cacheCreationTokens,
    ),
    outputTokens: outputTokens.total ?? 0,
    cacheReadTokens,
    cacheCreationTokens,
    cacheCreation1hTokens: writtenForAnHour(raw),
    reasoningTokens: outputTokens.reasoning ?? 0,
  };
}

/** Of what was written to a cache, what is kept for an hour: Anthropic and Bedrock say so, and the library has no word for it. */
function writtenForAnHour(raw: unknown): number {
  const { cache_creation: byLife, cacheDetails } = isObject(raw) ? raw : {};
  if (isObject(byLife)) return numberOf(byLife['ephemeral_1h_input_tokens']) ?? 0;
  return objectsIn(cacheDetails)
    .filter(({ ttl }) => ttl === '1h')
    .reduce((sum, { inputTokens }) => sum + (numberOf(inputTokens) ?? 0), 0);
}
