import { getModelCapabilities } from '@ai-sdk/anthropic/internal';
import type { JSONObject, LanguageModelV4CallOptions, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { Dropped } from './dropped.js';
import { isObject, numberOf, present, textOf } from './json.js';

type Options = LanguageModelV4CallOptions;

/** What a Messages client said of thinking. Claude is told the same; other vendors get the effort nearest to it. */
interface ClaudeThinking {
  readonly type: 'enabled' | 'adaptive';
  readonly budgetTokens?: number;
  readonly effort?: string;
  readonly display?: string;
}

const CLAUDE_EFFORTS: ReadonlySet<unknown> = new Set(['low', 'medium', 'high', 'xhigh', 'max']);

/** Undefined where the client asks for no thinking, or for none that Claude knows. */
export function readClaudeThinking(thinking: unknown, effort: unknown): JSONObject | undefined {
  if (!isObject(thinking)) return undefined;
  const type = thinking['type'];
  const budgetTokens = numberOf(thinking['budget_tokens']);
  if (type !== 'adaptive' && !(type === 'enabled' && budgetTokens !== undefined)) return undefined;
  return present({
    type,
    budgetTokens: type === 'enabled' ? budgetTokens : undefined,
    effort: CLAUDE_EFFORTS.has(effort) ? String(effort) : undefined,
    display: type === 'adaptive' ? textOf(thinking['display']) : undefined,
  });
}

export function claudeThinkingOf(options: SharedV4ProviderOptions | undefined): ClaudeThinking | undefined {
  return options?.['muxgate']?.['thinking'] as unknown as ClaudeThinking | undefined;
}

/**
 * The call with what was asked taken out of it, and what is to be said instead; the call as it is where its effort is
 * all that the model understands. Claude's `max_tokens` holds its thoughts too, the library's does not.
 */
export function exactThinking(
  call: Options,
  asked: ClaudeThinking | undefined,
  model: string,
  dropped: Dropped,
): { call: Options; thinking?: ClaudeThinking } {
  const { rejectsBudgetThinking, supportsAdaptiveThinking } = getModelCapabilities(model);
  const { reasoning, ...rest } = call;
  if (asked === undefined) {
    // the library turns the effort into a budget
    if (reasoning !== undefined && !supportsAdaptiveThinking) dropped.add('effort');
    return { call };
  }
  if (asked.type === 'enabled' && !rejectsBudgetThinking) {
    const { maxOutputTokens } = call;
    const spare = maxOutputTokens === undefined ? undefined : maxOutputTokens - (asked.budgetTokens ?? 0);
    return { call: { ...rest, ...(spare === undefined ? {} : { maxOutputTokens: spare }) }, thinking: asked };
  }
  if (asked.type === 'enabled') dropped.add('thinking.budget_tokens');
  if (supportsAdaptiveThinking) {
    const { budgetTokens: _budget, ...adaptive } = asked;
    return { call: rest, thinking: { ...adaptive, type: 'adaptive' } };
  }
  if (reasoning === undefined) dropped.add('thinking');
  return { call };
}
