import type { Usage } from '../proxy/usage-reader.js';
import type { AnswerFacts, Block, BlockStart, Finish } from './answer.js';
import { customInput, customToolNames } from './custom-tools.js';
import { isObject, type Json } from './json.js';
import type { AnswerWriter } from './surface-adapter.js';

const FINISH_REASONS: Readonly<Record<Finish['reason'], string>> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-calls': 'tool_calls',
  error: 'stop',
  interrupted: 'stop',
  other: 'stop',
};

/** A whole completion (https://platform.openai.com/docs/api-reference/chat). */
export function chatAnswer(blocks: readonly Block[], finish: Finish, facts: AnswerFacts): object {
  const textOf = (kind: BlockStart['kind']): string =>
    blocks.flatMap(({ start, text }) => (start.kind === kind ? [text] : [])).join('');
  const custom = customToolNames(facts.request);
  const calls = blocks.flatMap(({ start, text }) =>
    start.kind !== 'tool'
      ? []
      : [custom.has(start.name) ? customCall(start, text) : functionCall(start, text)],
  );
  const details = blocks.flatMap((block) => reasoningDetail(block) ?? []);
  const thought = textOf('thinking');
  return {
    ...envelope(facts, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: textOf('text') || (calls.length > 0 ? null : ''),
          refusal: null,
          ...(thought === '' ? {} : { reasoning_content: thought }),
          ...(details.length === 0 ? {} : { reasoning_details: details }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: FINISH_REASONS[finish.reason],
      },
    ],
    usage: usageObject(finish.usage),
  };
}

/** A completion as chunks. `reasoning_content` and `reasoning_details` are what most compatible servers send. */
export class ChatWriter implements AnswerWriter {
  private readonly base: Json;
  private readonly includeUsage: boolean;
  private readonly custom: ReadonlySet<string>;
  private kind: BlockStart['kind'] | 'custom' = 'text';
  private calls = 0;

  constructor(facts: AnswerFacts) {
    const options = facts.request['stream_options'];
    this.custom = customToolNames(facts.request);
    this.includeUsage = isObject(options) && options['include_usage'] === true;
    this.base = {
      ...envelope(facts, 'chat.completion.chunk'),
      ...(this.includeUsage ? { usage: null } : {}),
    };
  }

  begin(): string {
    return this.chunk({ role: 'assistant', content: '', refusal: null });
  }

  open(start: BlockStart): string {
    this.kind = start.kind;
    if (start.kind !== 'tool') return '';
    if (this.custom.has(start.name)) {
      this.kind = 'custom';
      return '';
    }
    return this.chunk({ tool_calls: [{ index: this.calls++, ...functionCall(start, '') }] });
  }

  delta(text: string): string {
    // its text is known once its arguments are whole
    if (this.kind === 'custom') return '';
    if (this.kind === 'tool')
      return this.chunk({ tool_calls: [{ index: this.calls - 1, function: { arguments: text } }] });
    return this.chunk(this.kind === 'thinking' ? { reasoning_content: text } : { content: text });
  }

  close(block: Block): string {
    if (this.kind === 'custom' && block.start.kind === 'tool')
      return this.chunk({ tool_calls: [{ index: this.calls++, ...customCall(block.start, block.text) }] });
    const detail = reasoningDetail(block);
    return detail === undefined ? '' : this.chunk({ reasoning_details: [detail] });
  }

  end({ reason, usage }: Finish): string {
    const last = this.chunk({}, FINISH_REASONS[reason]);
    const counts = this.includeUsage ? data({ ...this.base, choices: [], usage: usageObject(usage) }) : '';
    return `${last}${counts}data: [DONE]\n\n`;
  }

  private chunk(delta: Json, finish: string | null = null): string {
    return data({ ...this.base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  }
}

type ToolStart = Extract<BlockStart, { kind: 'tool' }>;

function functionCall({ id, name }: ToolStart, text: string): Json {
  return { id, type: 'function', function: { name, arguments: text } };
}

function customCall({ id, name }: ToolStart, text: string): Json {
  return { id, type: 'custom', custom: { name, input: customInput(text) } };
}

function data(value: Json): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function envelope({ id, model, createdAt }: AnswerFacts, object: string): Json {
  return { id: `chatcmpl-${id}`, object, created: createdAt, model };
}

/** A thought with its vendor's proof, for the client to send back. */
function reasoningDetail({ start, text, signature }: Block): Json | undefined {
  const format = 'anthropic-claude-v1';
  if (start.kind === 'redacted') return { type: 'reasoning.encrypted', data: start.data, format };
  return signature === undefined ? undefined : { type: 'reasoning.text', text, signature, format };
}

/** `prompt_tokens` includes what the prompt cache gave and took. */
function usageObject(usage: Usage | undefined): Json {
  if (usage === undefined) return { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  const prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheCreationTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheCreationTokens,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
