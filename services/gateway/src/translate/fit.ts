import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { asBedrockOptions } from './bedrock-options.js';
import { claudeThinkingOf, exactThinking } from './claude-thinking.js';
import type { Dialect } from './dialect.js';
import type { Dropped } from './dropped.js';
import { REASONING_MODELS } from './model-quirks.js';
import { toolFilesAsUserMessage } from './tool-files.js';

type Options = LanguageModelV4CallOptions;
type AssistantMessage = Extract<LanguageModelV4Message, { role: 'assistant' }>;

/** Agents write whole files: the library's fallback of 4,096 for models it does not know would cut them. */
const ANTHROPIC_MAX_TOKENS = 32_000;
/** Names of Bedrock, of inference profiles too; that of an application's own profile tells nothing. */
const CLAUDE = /anthropic\./;
/** Anthropic's own protocol, by whichever door. */
const CLAUDE_DIALECTS: ReadonlySet<Dialect> = new Set(['anthropic-messages', 'vertex-anthropic']);
const BAD_TOOL_ID = /[^\w-]/g;

/** A call changed to what an upstream dialect can take; what it cannot is dropped and named. */
export function fit(options: Options, dialect: Dialect, model: string, dropped: Dropped): Options {
  const { providerOptions, ...call } = options;
  const serial = providerOptions?.['muxgate']?.['parallelTools'] === false;
  const claude = CLAUDE_DIALECTS.has(dialect) || (dialect === 'bedrock' && CLAUDE.test(model));
  const thinking = claudeThinkingOf(providerOptions);
  if (!claude && thinking?.budgetTokens !== undefined) dropped.add('thinking.budget_tokens');
  if (!claude && thinking?.display !== undefined) dropped.add('thinking.display');
  const prompt = withoutForeignThoughts(call.prompt, claude, dropped);
  if (!claude && hasCacheMarks(options)) dropped.add('cache_control');
  switch (dialect) {
    case 'anthropic-messages':
    case 'vertex-anthropic': {
      const limited = { maxOutputTokens: ANTHROPIC_MAX_TOKENS, ...call, prompt: withLegalToolIds(prompt) };
      const fitted = claudeCall(limited, thinking, model, dropped);
      const { effort, ...type } = fitted.thinking ?? {};
      const anthropic = {
        ...(fitted.thinking === undefined ? {} : { thinking: type }),
        ...(effort === undefined ? {} : { effort }),
        ...(serial ? { disableParallelToolUse: true } : {}),
      };
      return { ...fitted.call, providerOptions: { anthropic } };
    }
    case 'openai-chat':
      return {
        ...(call.reasoning === 'none' && !REASONING_MODELS.test(model) ? withoutReasoning(call) : call),
        prompt: toolFilesAsUserMessage(joinSystem(withErrorsAsJson(prompt))),
        ...(serial ? { providerOptions: { openaiCompatible: { parallel_tool_calls: false } } } : {}),
      };
    case 'openai-responses':
      return {
        ...call,
        prompt: joinSystem(prompt),
        providerOptions: {
          openai: {
            store: false,
            ...(serial ? { parallelToolCalls: false } : {}),
            ...(call.reasoning !== undefined && call.reasoning !== 'none' ? thinkAloud(model) : {}),
          },
        },
      };
    case 'bedrock': {
      if (serial && !claude) dropped.add('parallel_tool_calls');
      if (claude && (call.tools ?? []).some(isMarked)) dropped.add('tools.cache_control');
      if (call.responseFormat?.type === 'json' && call.responseFormat.schema === undefined)
        dropped.add('response_format');
      const asked = claude ? thinking : undefined;
      const fitted = claudeCall({ ...call, prompt: withLegalToolIds(prompt) }, asked, model, dropped);
      const { effort, ...type } = fitted.thinking ?? {};
      const reasoningConfig = { ...type, ...(effort === undefined ? {} : { maxReasoningEffort: effort }) };
      return {
        ...fitted.call,
        prompt: lateSystemAsUser(claude ? asBedrockOptions(fitted.call.prompt) : fitted.call.prompt),
        providerOptions: {
          ...(fitted.thinking === undefined ? {} : { amazonBedrock: { reasoningConfig } }),
          ...(serial ? { anthropic: { disableParallelToolUse: true } } : {}),
        },
      };
    }
    case 'gemini':
    case 'vertex':
      if (serial) dropped.add('parallel_tool_calls');
      return {
        ...call,
        prompt: lateSystemAsUser(prompt),
        ...(call.reasoning === undefined || call.reasoning === 'none'
          ? {}
          : { providerOptions: { google: { thinkingConfig: { includeThoughts: true } } } }),
      };
  }
}

/** The library asks only models it knows for reasoning; a gateway's names are its operator's. */
function thinkAloud(model: string): SharedV4ProviderOptions[string] {
  return /^(gpt-[34]|chatgpt)/.test(model) ? {} : { forceReasoning: true, reasoningSummary: 'auto' };
}

function mapAssistant(
  prompt: readonly LanguageModelV4Message[],
  change: (content: AssistantMessage['content']) => AssistantMessage['content'],
): LanguageModelV4Message[] {
  return prompt.flatMap((message): LanguageModelV4Message[] => {
    if (message.role !== 'assistant') return [message];
    const content = change(message.content);
    return content.length === 0 ? [] : [{ ...message, content }];
  });
}

/** A thought is only of use to the vendor that can prove it as its own. */
function withoutForeignThoughts(
  prompt: readonly LanguageModelV4Message[],
  signed: boolean,
  dropped: Dropped,
): LanguageModelV4Message[] {
  return mapAssistant(prompt, (content) =>
    content.filter((part) => {
      if (part.type !== 'reasoning') return true;
      const kept = signed && part.providerOptions?.['anthropic'] !== undefined;
      if (!kept) dropped.add('thinking');
      return kept;
    }),
  );
}

/** Anthropic refuses a thinking turn whose calls came without the thought before them; then it must not think. */
function claudeCall(
  call: Options,
  asked: ReturnType<typeof claudeThinkingOf>,
  model: string,
  dropped: Dropped,
): ReturnType<typeof exactThinking> {
  if (asked === undefined && (call.reasoning === undefined || call.reasoning === 'none')) return { call };
  const begun = call.prompt.findLastIndex(({ role }) => role === 'user') + 1;
  const unproven = call.prompt
    .slice(begun)
    .some(
      (message) =>
        message.role === 'assistant' &&
        message.content.some(({ type }) => type === 'tool-call') &&
        message.content[0]?.type !== 'reasoning',
    );
  if (!unproven) return exactThinking(call, asked, model, dropped);
  dropped.add('reasoning');
  return { call: withoutReasoning(call) };
}

function withoutReasoning({ reasoning: _reasoning, ...rest }: Options): Options {
  return rest;
}

function withLegalToolIds(prompt: readonly LanguageModelV4Message[]): LanguageModelV4Message[] {
  const legal = <T>(part: T): T => {
    const { toolCallId } = part as { toolCallId?: string };
    return toolCallId === undefined ? part : { ...part, toolCallId: toolCallId.replace(BAD_TOOL_ID, '_') };
  };
  return prompt.map((message) => {
    if (message.role === 'assistant') return { ...message, content: message.content.map(legal) };
    return message.role === 'tool' ? { ...message, content: message.content.map(legal) } : message;
  });
}

/** Chat has no field for a tool's failure: it is written as Responses writes it. */
function withErrorsAsJson(prompt: readonly LanguageModelV4Message[]): LanguageModelV4Message[] {
  return prompt.map((message) => {
    if (message.role !== 'tool') return message;
    const content = message.content.map((part) =>
      part.type === 'tool-result' && part.output.type === 'error-text'
        ? { ...part, output: { type: 'error-json' as const, value: { error: part.output.value } } }
        : part,
    );
    return { ...message, content };
  });
}

/** Many compatible servers take one system message; without cache marks the borders mean nothing. */
function joinSystem(prompt: readonly LanguageModelV4Message[]): LanguageModelV4Message[] {
  const joined: LanguageModelV4Message[] = [];
  for (const message of prompt) {
    const last = joined.at(-1);
    if (message.role === 'system' && last?.role === 'system')
      joined[joined.length - 1] = { role: 'system', content: `${last.content}\n\n${message.content}` };
    else joined.push(message);
  }
  return joined;
}

/** Gemini and Bedrock take instructions at the beginning only. */
function lateSystemAsUser(prompt: readonly LanguageModelV4Message[]): LanguageModelV4Message[] {
  const first = prompt.findIndex(({ role }) => role !== 'system');
  return prompt.map((message, index): LanguageModelV4Message => {
    if (message.role !== 'system' || first === -1 || index < first) return message;
    const { content, role: _role, ...options } = message;
    return { role: 'user', content: [{ type: 'text', text: `<system>\n${content}\n</system>`, ...options }] };
  });
}

function hasCacheMarks({ prompt, tools }: Options): boolean {
  return (
    (tools ?? []).some(isMarked) ||
    prompt.some(
      (message) =>
        isMarked(message) || (typeof message.content !== 'string' && message.content.some(isMarked)),
    )
  );
}

function isMarked(value: object): boolean {
  const { providerOptions } = value as { providerOptions?: SharedV4ProviderOptions };
  return providerOptions?.['anthropic']?.['cacheControl'] !== undefined;
}
