import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4ReasoningPart,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4ToolResultPart,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { isObject, parseObject, textOf, type Json } from './json.js';

export type UserPart = LanguageModelV4TextPart | LanguageModelV4FilePart;
export type AssistantPart =
  LanguageModelV4TextPart | LanguageModelV4ReasoningPart | LanguageModelV4ToolCallPart;

/** Where a surface's breakpoint for the prompt cache is kept for the upstream that knows such. */
export function cacheOptions(block: Json): { providerOptions?: SharedV4ProviderOptions } {
  const mark = block['cache_control'];
  if (!isObject(mark)) return {};
  return { providerOptions: { anthropic: { cacheControl: mark as SharedV4ProviderOptions[string] } } };
}

export function textPart(block: Json): LanguageModelV4TextPart {
  return { type: 'text', text: textOf(block['text']) ?? '', ...cacheOptions(block) };
}

/** A thought whose vendor can tell that it is its own; without a signature no upstream takes it back. */
export function reasoningPart(
  text: string,
  proof: { signature?: unknown; redactedData?: unknown },
): LanguageModelV4ReasoningPart {
  const known = Object.entries(proof).filter(([, value]) => typeof value === 'string' && value !== '');
  return {
    type: 'reasoning',
    text,
    ...(known.length === 0
      ? {}
      : { providerOptions: { anthropic: Object.fromEntries(known) as Record<string, string> } }),
  };
}

/**
 * A conversation in the library's shape. Neighbouring parts of one side become one message: surfaces write parallel
 * calls and their results as items, blocks or messages, and upstreams want them together.
 */
export class PromptBuilder {
  readonly messages: LanguageModelV4Message[] = [];
  private readonly toolNames = new Map<string, string>();

  system(content: string, options: { providerOptions?: SharedV4ProviderOptions } = {}): void {
    if (content !== '') this.messages.push({ role: 'system', content, ...options });
  }

  user(parts: readonly UserPart[]): void {
    if (parts.length > 0) this.messages.push({ role: 'user', content: [...parts] });
  }

  assistant(parts: readonly AssistantPart[]): void {
    if (parts.length === 0) return;
    const last = this.messages.at(-1);
    if (last?.role === 'assistant') last.content.push(...parts);
    else this.messages.push({ role: 'assistant', content: [...parts] });
  }

  toolCall(id: string, name: string, input: unknown, options: object = {}): LanguageModelV4ToolCallPart {
    this.toolNames.set(id, name);
    const parsed = typeof input === 'string' ? (parseObject(input) ?? { arguments: input }) : (input ?? {});
    return { type: 'tool-call', toolCallId: id, toolName: name, input: parsed, ...options };
  }

  toolResult(id: string, parts: readonly UserPart[], isError = false, options: object = {}): void {
    const part: LanguageModelV4ToolResultPart = {
      type: 'tool-result',
      toolCallId: id,
      toolName: this.toolNames.get(id) ?? 'unknown',
      output: toolOutput(parts, isError),
      ...options,
    };
    // instructions given between a call and its result follow the result: vendors want the two together
    const at = this.messages.findLastIndex(({ role }) => role !== 'system');
    const last = this.messages[at];
    if (last?.role === 'tool') last.content.push(part);
    else this.messages.splice(at + 1, 0, { role: 'tool', content: [part] });
  }
}

/** Texts as one, since some upstreams take only one; files beside them. */
function toolOutput(parts: readonly UserPart[], isError: boolean): LanguageModelV4ToolResultOutput {
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  const files = parts.flatMap((part) => (part.type === 'file' ? [part] : []));
  if (files.length === 0) return { type: isError ? 'error-text' : 'text', value: text };
  const shown = isError ? `Error: ${text}` : text;
  return {
    type: 'content',
    value: [...(shown === '' ? [] : [{ type: 'text' as const, text: shown }]), ...files],
  };
}
