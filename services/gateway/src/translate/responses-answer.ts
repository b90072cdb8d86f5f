import type { Usage } from '../proxy/usage-reader.js';
import type { AnswerFacts, Block, BlockStart, Finish } from './answer.js';
import { customInput, customToolNames } from './custom-tools.js';
import { isObject, type Json } from './json.js';
import type { AnswerWriter } from './surface-adapter.js';
import { sealSignature } from './thought-seal.js';

/** A whole response (https://platform.openai.com/docs/api-reference/responses). */
export function responsesAnswer(blocks: readonly Block[], finish: Finish, facts: AnswerFacts): object {
  const custom = customToolNames(facts.request);
  return finished(
    facts,
    finish,
    blocks.map((block, index) => outputItem(block, itemId(block.start, facts, index), 'completed', custom)),
  );
}

/** A response as events: each output item is opened, filled and closed. */
export class ResponsesWriter implements AnswerWriter {
  private sequence = 0;
  private readonly items: Json[] = [];
  private start: BlockStart = { kind: 'text' };
  private item = '';
  private readonly custom: ReadonlySet<string>;
  private isCustom = false;

  constructor(private readonly facts: AnswerFacts) {
    this.custom = customToolNames(facts.request);
  }

  begin(): string {
    const response = responseObject(this.facts, 'in_progress', []);
    return this.event('response.created', { response }) + this.event('response.in_progress', { response });
  }

  open(start: BlockStart): string {
    this.start = start;
    this.isCustom = start.kind === 'tool' && this.custom.has(start.name);
    const item = this.outputItem({ start, text: '', signature: undefined }, 'in_progress');
    this.item = String(item['id']);
    const empty = { ...item, ...EMPTIED[start.kind] };
    const added = this.event('response.output_item.added', { output_index: this.items.length, item: empty });
    if (start.kind === 'text')
      return added + this.event('response.content_part.added', { ...this.at(), part: textPart('') });
    if (start.kind === 'thinking')
      return (
        added + this.event('response.reasoning_summary_part.added', { ...this.at(), part: summaryPart('') })
      );
    return added;
  }

  delta(text: string): string {
    // the text of a custom call is known once its arguments are whole
    if (this.isCustom) return '';
    const logprobs = this.start.kind === 'text' ? { logprobs: [] } : {};
    return this.event(`${EVENTS[this.start.kind]}.delta`, { ...this.at(), delta: text, ...logprobs });
  }

  close(block: Block): string {
    const { text, start } = block;
    const item = this.outputItem(block, 'completed');
    const at = this.at();
    const done = `${EVENTS[start.kind]}.done`;
    let events = '';
    if (start.kind === 'text')
      events =
        this.event(done, { ...at, text, logprobs: [] }) +
        this.event('response.content_part.done', { ...at, part: textPart(text) });
    else if (start.kind === 'thinking')
      events =
        this.event(done, { ...at, text }) +
        this.event('response.reasoning_summary_part.done', { ...at, part: summaryPart(text) });
    else if (this.isCustom)
      events =
        this.event(`${CUSTOM_EVENTS}.delta`, { ...at, delta: item['input'] }) +
        this.event(`${CUSTOM_EVENTS}.done`, { ...at, input: item['input'] });
    else if (start.kind === 'tool') events = this.event(done, { ...at, name: start.name, arguments: text });
    events += this.event('response.output_item.done', { output_index: this.items.length, item });
    this.items.push(item);
    return events;
  }

  end(finish: Finish): string {
    const response = finished(this.facts, finish, this.items);
    return this.event(`response.${String(response['status'])}`, { response });
  }

  private outputItem(block: Block, status: string): Json {
    return outputItem(block, itemId(block.start, this.facts, this.items.length), status, this.custom);
  }

  /** Where in the response a delta belongs. */
  private at(): Json {
    const place = { item_id: this.item, output_index: this.items.length };
    if (this.start.kind === 'text') return { ...place, content_index: 0 };
    return this.start.kind === 'thinking' ? { ...place, summary_index: 0 } : place;
  }

  private event(type: string, fields: Json): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.sequence++, ...fields })}\n\n`;
  }
}

const EVENTS: Readonly<Record<BlockStart['kind'], string>> = {
  text: 'response.output_text',
  thinking: 'response.reasoning_summary_text',
  redacted: 'response.reasoning_summary_text',
  tool: 'response.function_call_arguments',
};
const CUSTOM_EVENTS = 'response.custom_tool_call_input';
const EMPTIED: Readonly<Record<BlockStart['kind'], Json>> = {
  text: { content: [] },
  thinking: { summary: [] },
  redacted: {},
  tool: {},
};
const ID_PREFIXES = { text: 'msg', thinking: 'rs', redacted: 'rs', tool: 'fc' } as const;

function itemId(start: BlockStart, { id }: AnswerFacts, index: number): string {
  return `${ID_PREFIXES[start.kind]}_${id}_${index}`;
}

function textPart(text: string): Json {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}

function summaryPart(text: string): Json {
  return { type: 'summary_text', text };
}

function outputItem(block: Block, id: string, status: string, custom: ReadonlySet<string>): Json {
  const { start, text, signature } = block;
  switch (start.kind) {
    case 'text':
      return { id, type: 'message', status, role: 'assistant', content: [textPart(text)] };
    case 'tool':
      if (custom.has(start.name)) {
        const input = customInput(text);
        return {
          id: id.replace(/^fc/, 'ctc'),
          type: 'custom_tool_call',
          status,
          call_id: start.id,
          name: start.name,
          input,
        };
      }
      return { id, type: 'function_call', status, call_id: start.id, name: start.name, arguments: text };
    case 'thinking':
    case 'redacted': {
      const sealed = sealSignature(start.kind === 'redacted' ? { redactedData: start.data } : { signature });
      return {
        id,
        type: 'reasoning',
        summary: text === '' ? [] : [summaryPart(text)],
        ...(sealed === undefined ? {} : { encrypted_content: sealed }),
      };
    }
  }
}

function finished(facts: AnswerFacts, { reason, usage }: Finish, output: readonly Json[]): Json {
  const why =
    reason === 'length' ? 'max_output_tokens' : reason === 'content-filter' ? 'content_filter' : undefined;
  return {
    ...responseObject(facts, why === undefined ? 'completed' : 'incomplete', output),
    incomplete_details: why === undefined ? null : { reason: why },
    usage: usageObject(usage),
  };
}

function responseObject(
  { id, model, createdAt, request }: AnswerFacts,
  status: string,
  output: readonly Json[],
): Json {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: createdAt,
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request['instructions'] ?? null,
    max_output_tokens: request['max_output_tokens'] ?? null,
    metadata: isObject(request['metadata']) ? request['metadata'] : {},
    model,
    output,
    parallel_tool_calls: request['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    reasoning: request['reasoning'] ?? { effort: null, summary: null },
    store: false,
    temperature: request['temperature'] ?? null,
    text: request['text'] ?? { format: { type: 'text' } },
    tool_choice: request['tool_choice'] ?? 'auto',
    tools: request['tools'] ?? [],
    top_p: request['top_p'] ?? null,
    truncation: 'disabled',
    usage: null,
  };
}

/** `input_tokens` includes what the prompt cache gave and took. */
function usageObject(usage: Usage | undefined): Json | null {
  if (usage === undefined) return null;
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheCreationTokens;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheCreationTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
  };
}
