import type { Usage } from '../proxy/usage-reader.js';
import type { AnswerFacts, Block, BlockStart, Finish } from './answer.js';
import { parseObject, type Json } from './json.js';
import type { AnswerWriter } from './surface-adapter.js';

const STOP_REASONS: Readonly<Record<Finish['reason'], string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'content-filter': 'refusal',
  'tool-calls': 'tool_use',
  error: 'end_turn',
  interrupted: 'end_turn',
  other: 'end_turn',
};

/** A whole message (https://docs.anthropic.com/en/api/messages). */
export function anthropicAnswer(blocks: readonly Block[], finish: Finish, facts: AnswerFacts): object {
  return {
    ...message(facts),
    // a call that broke off at the limit has no arguments to run it with
    content: blocks.flatMap((block) => wholeBlock(block) ?? []),
    ...stop(finish),
    usage: usageObject(finish.usage),
  };
}

/** A message as events. The counts come with the end: other vendors do not tell them before. */
export class AnthropicWriter implements AnswerWriter {
  private index = -1;
  private deltaType: 'text' | 'thinking' | 'partial_json' = 'text';

  constructor(private readonly facts: AnswerFacts) {}

  begin(): string {
    return event('message_start', {
      message: {
        ...message(this.facts),
        stop_reason: null,
        stop_sequence: null,
        usage: usageObject(undefined),
      },
    });
  }

  open(start: BlockStart): string {
    this.index++;
    this.deltaType = DELTA_TYPES[start.kind];
    return event('content_block_start', { index: this.index, content_block: emptyBlock(start) });
  }

  delta(text: string): string {
    const { deltaType } = this;
    const type = deltaType === 'partial_json' ? 'input_json_delta' : `${deltaType}_delta`;
    return event('content_block_delta', { index: this.index, delta: { type, [deltaType]: text } });
  }

  close({ signature }: Block): string {
    const { index } = this;
    const signed =
      signature === undefined
        ? ''
        : event('content_block_delta', { index, delta: { type: 'signature_delta', signature } });
    return signed + event('content_block_stop', { index });
  }

  end(finish: Finish): string {
    return (
      event('message_delta', { delta: stop(finish), usage: usageObject(finish.usage) }) +
      event('message_stop', {})
    );
  }
}

const DELTA_TYPES = { text: 'text', thinking: 'thinking', redacted: 'text', tool: 'partial_json' } as const;

function event(type: string, fields: Json): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function message({ id, model }: AnswerFacts): Json {
  return { id: `msg_${id}`, type: 'message', role: 'assistant', model, content: [] };
}

function emptyBlock(start: BlockStart): Json {
  switch (start.kind) {
    case 'text':
      return { type: 'text', text: '' };
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'redacted':
      return { type: 'redacted_thinking', data: start.data };
    case 'tool':
      return { type: 'tool_use', id: start.id, name: start.name, input: {} };
  }
}

function wholeBlock({ start, text, signature }: Block): Json | undefined {
  const empty = emptyBlock(start);
  switch (start.kind) {
    case 'text':
      return { ...empty, text };
    case 'thinking':
      return { ...empty, thinking: text, signature: signature ?? '' };
    case 'redacted':
      return empty;
    case 'tool': {
      const input = parseObject(text);
      return input === undefined ? undefined : { ...empty, input };
    }
  }
}

function stop({ reason, stopSequence }: Finish): Json {
  return {
    stop_reason: stopSequence === undefined ? STOP_REASONS[reason] : 'stop_sequence',
    stop_sequence: stopSequence ?? null,
  };
}

/** `input_tokens` leaves out what the prompt cache gave and took. */
function usageObject(usage: Usage | undefined): Json {
  return {
    input_tokens: usage?.inputTokens ?? 0,
    cache_creation_input_tokens: usage?.cacheCreationTokens ?? 0,
    cache_read_input_tokens: usage?.cacheReadTokens ?? 0,
    output_tokens: usage?.outputTokens ?? 0,
    output_tokens_details: { thinking_tokens: usage?.reasoningTokens ?? 0 },
  };
}
