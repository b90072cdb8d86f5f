import type { JSONObject, LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { readClaudeThinking } from './claude-thinking.js';
import type { Dropped } from './dropped.js';
import { fileFromData, fileFromUrl } from './file-part.js';
import {
  blocksOf,
  isObject,
  listIn,
  malformed,
  numberIn,
  numberOf,
  objectsIn,
  present,
  textIn,
  textOf,
  type Json,
} from './json.js';
import {
  cacheOptions,
  PromptBuilder,
  reasoningPart,
  textPart,
  type AssistantPart,
  type UserPart,
} from './prompt-builder.js';
import { effortOf, type Effort } from './reasoning-effort.js';

const READ = new Set(
  'model messages system max_tokens stream temperature top_p top_k stop_sequences tools tool_choice thinking output_config output_format'.split(
    ' ',
  ),
);
const TOOL_READ = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control']);
const IMAGE_READ = new Set(['type', 'source', 'cache_control']);
const RESULT_READ = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control']);
/** `caller` says which of the vendor's own tools made the call; such are named themselves. */
const CALL_READ = new Set(['type', 'id', 'name', 'input', 'cache_control', 'caller']);
/** Claude Code's accounting line: an instruction to nobody, different in every turn, which would defeat prompt caches. */
const BILLING_LINE = 'x-anthropic-billing-header';
const VERSION_WITHOUT_SAMPLING = '2026-10-21';

/** Anthropic Messages (https://docs.anthropic.com/en/api/messages) as a call. */
export function readAnthropicRequest(
  body: Json,
  dropped: Dropped,
  version?: string,
): LanguageModelV4CallOptions {
  dropped.unread(body, READ);
  if (version === VERSION_WITHOUT_SAMPLING) refuseSampling(body);
  if (body['messages'] === undefined) malformed('messages', 'Field required');
  if (listIn(body['messages'], 'messages').length === 0)
    malformed('messages', 'at least one message is required');
  const config = isObject(body['output_config']) ? body['output_config'] : {};
  dropped.unread(config, new Set(['effort', 'format']), 'output_config.');
  const tools = readTools(body['tools'], dropped);
  const { toolChoice, parallelTools } = readToolChoice(body['tool_choice'], tools, dropped);
  const { thinking } = body;
  const own = present<JSONObject>({
    parallelTools,
    thinking: readClaudeThinking(thinking, config['effort']),
  });
  if (isObject(thinking)) {
    const known = ['type', 'budget_tokens', ...(thinking['type'] === 'adaptive' ? ['display'] : [])];
    dropped.unread(thinking, new Set(known), 'thinking.');
  }
  return present<LanguageModelV4CallOptions>({
    prompt: readPrompt(body, dropped),
    maxOutputTokens: numberIn(body, 'max_tokens'),
    temperature: numberIn(body, 'temperature'),
    topP: numberIn(body, 'top_p'),
    topK: numberIn(body, 'top_k'),
    stopSequences: Array.isArray(body['stop_sequences']) ? body['stop_sequences'].map(String) : undefined,
    responseFormat: readFormat(config['format'] ?? body['output_format']),
    reasoning: readThinking(thinking, effortOf(config['effort'], dropped)),
    tools: tools.length > 0 ? tools : undefined,
    toolChoice,
    providerOptions: Object.keys(own).length > 0 ? { muxgate: own } : undefined,
  });
}

function refuseSampling(body: Json): void {
  for (const name of ['temperature', 'top_p', 'top_k'])
    if (name in body) malformed(name, `not supported with anthropic-version ${VERSION_WITHOUT_SAMPLING}`);
}

function readPrompt(body: Json, dropped: Dropped): LanguageModelV4CallOptions['prompt'] {
  const prompt = new PromptBuilder();
  readSystem(prompt, body['system'], dropped);
  for (const [index, message] of listIn(body['messages'], 'messages').entries()) {
    const content = message['content'];
    switch (message['role']) {
      case 'system':
        readSystem(prompt, content, dropped);
        break;
      case 'user':
        readUser(prompt, blocksOf(content), dropped, `messages.${index}.content`);
        break;
      case 'assistant':
        prompt.assistant(blocksOf(content).flatMap((block) => readAssistantBlock(prompt, block, dropped)));
        break;
      default:
        malformed(`messages.${index}.role`, 'must be one of user, assistant, system');
    }
  }
  if (prompt.messages.every(({ role }) => role === 'system'))
    malformed('messages', 'at least one message must have content');
  return prompt.messages;
}

function readSystem(prompt: PromptBuilder, content: unknown, dropped: Dropped): void {
  for (const block of blocksOf(content)) {
    const text = textOf(block['text']) ?? '';
    if (text.startsWith(BILLING_LINE)) dropped.add('system.billing_header');
    else prompt.system(text, cacheOptions(block));
  }
}

/** Results of tools come first, whatever their place: other vendors want them right after the calls. */
function readUser(prompt: PromptBuilder, blocks: readonly Json[], dropped: Dropped, path: string): void {
  const parts: UserPart[] = [];
  for (const block of blocks) {
    if (block['type'] !== 'tool_result') {
      parts.push(...readUserBlock(block, dropped, path));
      continue;
    }
    dropped.unread(block, RESULT_READ, 'tool_result.');
    const content = blocksOf(block['content']).flatMap((inner) => readUserBlock(inner, dropped, path));
    prompt.toolResult(
      textIn(block, 'tool_use_id', path),
      content,
      block['is_error'] === true,
      cacheOptions(block),
    );
  }
  prompt.user(parts);
}

function readUserBlock(block: Json, dropped: Dropped, path: string): UserPart[] {
  switch (block['type']) {
    case 'text':
      return block['text'] === '' ? [] : [textPart(block)];
    case 'image':
      dropped.unread(block, IMAGE_READ, 'image.');
      return readSource(block, 'image/jpeg', dropped, path);
    case 'document':
      return readSource(block, 'application/pdf', dropped, path);
    case 'search_result': {
      dropCitations(block, dropped);
      const found = [block['title'], block['source']].filter((text) => typeof text === 'string').join('\n');
      const content = objectsIn(block['content']).flatMap((inner) => readUserBlock(inner, dropped, path));
      return found === '' ? content : [{ type: 'text', text: found }, ...content];
    }
    default:
      dropped.add(String(block['type']));
      return [];
  }
}

function readSource(block: Json, otherwise: string, dropped: Dropped, path: string): UserPart[] {
  const source = isObject(block['source']) ? block['source'] : malformed(`${path}.source`, 'Field required');
  dropCitations(block, dropped);
  if (textOf(block['context']) !== undefined) dropped.add('document.context');
  const name = textOf(block['title']);
  const extras = { ...(name === undefined ? {} : { filename: name }), ...cacheOptions(block) };
  switch (source['type']) {
    case 'base64':
      return [
        {
          ...fileFromData(
            textIn(source, 'data', `${path}.source`),
            textOf(source['media_type']) ?? otherwise,
          ),
          ...extras,
        },
      ];
    case 'url':
      return [
        {
          ...fileFromUrl(textIn(source, 'url', `${path}.source`), otherwise, `${path}.source.url`),
          ...extras,
        },
      ];
    case 'text':
      return [textPart({ ...block, text: source['data'] })];
    case 'content':
      return blocksOf(source['content']).flatMap((inner) => readUserBlock(inner, dropped, path));
    default:
      dropped.add(`${String(block['type'])}.${String(source['type'])}`);
      return [];
  }
}

/** Asked for (an object that enables them) or given in an earlier answer (a list). */
function dropCitations({ citations }: Json, dropped: Dropped): void {
  if (Array.isArray(citations) ? citations.length > 0 : isObject(citations) && citations['enabled'] === true)
    dropped.add('citations');
}

function readAssistantBlock(prompt: PromptBuilder, block: Json, dropped: Dropped): AssistantPart[] {
  switch (block['type']) {
    case 'text':
      dropCitations(block, dropped);
      return block['text'] === '' ? [] : [textPart(block)];
    case 'thinking':
      return [reasoningPart(textOf(block['thinking']) ?? '', { signature: block['signature'] })];
    case 'redacted_thinking':
      return [reasoningPart('', { redactedData: block['data'] })];
    case 'tool_use':
      dropped.unread(block, CALL_READ, 'tool_use.');
      return [
        prompt.toolCall(
          textIn(block, 'id', 'tool_use'),
          textIn(block, 'name', 'tool_use'),
          block['input'],
          cacheOptions(block),
        ),
      ];
    default:
      dropped.add(String(block['type']));
      return [];
  }
}

function readTools(tools: unknown, dropped: Dropped): LanguageModelV4FunctionTool[] {
  return objectsIn(tools).flatMap((tool) => {
    if (!isObject(tool['input_schema'])) {
      dropped.add(`tools.${String(tool['type'] ?? tool['name'])}`);
      return [];
    }
    dropped.unread(tool, TOOL_READ, 'tools.');
    return [
      present<LanguageModelV4FunctionTool>({
        type: 'function',
        name: textIn(tool, 'name', 'tools'),
        description: textOf(tool['description']),
        inputSchema: tool['input_schema'],
        strict: tool['strict'] === true ? true : undefined,
        ...cacheOptions(tool),
      }),
    ];
  });
}

function readToolChoice(
  choice: unknown,
  tools: readonly LanguageModelV4FunctionTool[],
  dropped: Dropped,
): Pick<LanguageModelV4CallOptions, 'toolChoice'> & { parallelTools?: false } {
  if (!isObject(choice) || tools.length === 0) return {};
  const serial = choice['disable_parallel_tool_use'] === true ? { parallelTools: false as const } : {};
  switch (choice['type']) {
    case 'any':
      return { toolChoice: { type: 'required' }, ...serial };
    case 'none':
      return { toolChoice: { type: 'none' } };
    case 'tool':
      if (tools.some(({ name }) => name === choice['name']))
        return { toolChoice: { type: 'tool', toolName: String(choice['name']) }, ...serial };
      dropped.add('tool_choice');
      return serial;
    default:
      return { toolChoice: { type: 'auto' }, ...serial };
  }
}

function readFormat(format: unknown): LanguageModelV4CallOptions['responseFormat'] {
  if (!isObject(format) || format['type'] !== 'json_schema' || !isObject(format['schema'])) return undefined;
  return { type: 'json', schema: format['schema'] };
}

/** Adaptive thinking leaves the amount to the model: so does the upstream's own default. */
function readThinking(thinking: unknown, effort: Effort | undefined): Effort | undefined {
  if (!isObject(thinking)) return effort;
  if (thinking['type'] === 'disabled') return 'none';
  if (effort !== undefined) return effort;
  const budget = numberOf(thinking['budget_tokens']);
  if (budget === undefined) return undefined;
  return budget <= 4_096 ? 'low' : budget <= 16_384 ? 'medium' : 'high';
}
