import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import { customTool } from './custom-tools.js';
import type { Dropped } from './dropped.js';
import { fileFromData, fileFromUrl } from './file-part.js';
import {
  blocksOf,
  isObject,
  listIn,
  malformed,
  numberIn,
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
import { effortOf } from './reasoning-effort.js';

const READ = new Set(
  'model messages stream stream_options max_tokens max_completion_tokens temperature top_p top_k stop tools tool_choice parallel_tool_calls response_format reasoning_effort presence_penalty frequency_penalty seed n'.split(
    ' ',
  ),
);

const TOOL_READ = new Set(['type', 'name', 'description', 'parameters', 'strict']);

/** OpenAI Chat Completions (https://platform.openai.com/docs/api-reference/chat) as a call. */
export function readChatRequest(body: Json, dropped: Dropped): LanguageModelV4CallOptions {
  dropped.unread(body, READ);
  if (isObject(body['stream_options']))
    dropped.unread(body['stream_options'], new Set(['include_usage']), 'stream_options.');
  if (body['n'] !== undefined && body['n'] !== null && body['n'] !== 1)
    malformed('n', 'only 1 can be translated');
  const messages = body['messages'] === undefined ? [] : listIn(body['messages'], 'messages');
  if (messages.length === 0) malformed('messages', 'a list of at least one message is required');
  const prompt = new PromptBuilder();
  for (const [index, message] of messages.entries())
    readMessage(prompt, message, dropped, `messages[${index}]`);
  const tools = readChatTools(body['tools'], dropped);
  const { stop } = body;
  return present<LanguageModelV4CallOptions>({
    prompt: prompt.messages,
    maxOutputTokens: numberIn(body, 'max_completion_tokens') ?? numberIn(body, 'max_tokens'),
    temperature: numberIn(body, 'temperature'),
    topP: numberIn(body, 'top_p'),
    topK: numberIn(body, 'top_k'),
    presencePenalty: numberIn(body, 'presence_penalty'),
    frequencyPenalty: numberIn(body, 'frequency_penalty'),
    seed: numberIn(body, 'seed'),
    stopSequences: typeof stop === 'string' ? [stop] : Array.isArray(stop) ? stop.map(String) : undefined,
    responseFormat: readFormat(body['response_format']),
    reasoning: effortOf(body['reasoning_effort'], dropped),
    tools: tools.length > 0 ? tools : undefined,
    ...openaiToolChoice(body, tools, dropped),
  });
}

function readMessage(prompt: PromptBuilder, message: Json, dropped: Dropped, path: string): void {
  const content = message['content'];
  for (const field of ['name', 'audio', 'function_call'])
    if (message['role'] !== 'tool' && message[field] != null) dropped.add(`messages.${field}`);
  switch (message['role']) {
    case 'system':
    case 'developer':
      for (const block of blocksOf(content)) prompt.system(textOf(block['text']) ?? '', cacheOptions(block));
      return;
    case 'user':
      return prompt.user(
        blocksOf(content).flatMap((block) => readUserPart(block, dropped, `${path}.content`)),
      );
    case 'tool':
      return prompt.toolResult(
        textIn(message, 'tool_call_id', path),
        blocksOf(content).flatMap((block) => readUserPart(block, dropped, `${path}.content`)),
        false,
        cacheOptions(message),
      );
    case 'assistant':
      return prompt.assistant(readAssistant(prompt, message, dropped));
    default:
      malformed(`${path}.role`, 'must be one of system, developer, user, assistant, tool');
  }
}

function readUserPart(block: Json, dropped: Dropped, path: string): UserPart[] {
  switch (block['type']) {
    case 'text':
      return block['text'] === '' ? [] : [textPart(block)];
    case 'image_url': {
      const image = isObject(block['image_url']) ? block['image_url'] : {};
      dropDetail(image['detail'], dropped);
      return [
        {
          ...fileFromUrl(textIn(image, 'url', `${path}.image_url`), 'image/jpeg', `${path}.image_url`),
          ...cacheOptions(block),
        },
      ];
    }
    case 'file': {
      const file = isObject(block['file']) ? block['file'] : {};
      const data = textOf(file['file_data']);
      if (data === undefined) break;
      const filename = textOf(file['filename']);
      const part = data.startsWith('data:')
        ? fileFromUrl(data, 'application/pdf', `${path}.file_data`)
        : fileFromData(data, 'application/pdf');
      return [{ ...part, ...(filename === undefined ? {} : { filename }), ...cacheOptions(block) }];
    }
  }
  dropped.add(String(block['type']));
  return [];
}

/** How closely to look at an image; only OpenAI knows such, and looks as it sees fit where nothing is said. */
export function dropDetail(detail: unknown, dropped: Dropped): void {
  if (typeof detail === 'string' && detail !== 'auto') dropped.add('image.detail');
}

function readAssistant(prompt: PromptBuilder, message: Json, dropped: Dropped): AssistantPart[] {
  const thoughts = objectsIn(message['reasoning_details']).map((detail) =>
    detail['type'] === 'reasoning.encrypted'
      ? reasoningPart('', { redactedData: detail['data'] })
      : reasoningPart(textOf(detail['text']) ?? '', { signature: detail['signature'] }),
  );
  const texts = blocksOf(message['content'])
    .map((block) => (block['type'] === 'refusal' ? { text: block['refusal'] } : block))
    .filter((block) => typeof block['text'] === 'string' && block['text'] !== '')
    .map(textPart);
  const calls = objectsIn(message['tool_calls']).flatMap((call) => {
    if (isObject(call['custom'])) {
      const { input } = call['custom'];
      const name = textIn(call['custom'], 'name', 'tool_calls.custom');
      return [prompt.toolCall(textIn(call, 'id', 'tool_calls'), name, { input })];
    }
    if (!isObject(call['function'])) {
      dropped.add(`tool_calls.${String(call['type'])}`);
      return [];
    }
    const { arguments: input } = call['function'];
    const name = textIn(call['function'], 'name', 'tool_calls.function');
    return [prompt.toolCall(textIn(call, 'id', 'tool_calls'), name, input ?? '')];
  });
  return [...thoughts, ...texts, ...calls];
}

function readChatTools(tools: unknown, dropped: Dropped): LanguageModelV4FunctionTool[] {
  return objectsIn(tools).flatMap((tool) => {
    if (isObject(tool['function'])) return [openaiTool(tool['function'], dropped, cacheOptions(tool))];
    if (tool['type'] === 'custom') return [customTool(tool, dropped)];
    dropped.add(`tools.${String(tool['type'])}`);
    return [];
  });
}

/** A function's definition, which Chat nests and Responses does not. */
export function openaiTool(
  definition: Json,
  dropped: Dropped,
  options: object = {},
): LanguageModelV4FunctionTool {
  dropped.unread(definition, TOOL_READ, 'tools.');
  return present<LanguageModelV4FunctionTool>({
    type: 'function',
    name: textIn(definition, 'name', 'tools'),
    description: textOf(definition['description']),
    inputSchema: isObject(definition['parameters'])
      ? definition['parameters']
      : { type: 'object', properties: {} },
    strict: definition['strict'] === true ? true : undefined,
    ...options,
  });
}

/** `tool_choice` and `parallel_tool_calls` as Chat (`{function: {name}}`) and Responses (`{name}`) write them. */
export function openaiToolChoice(
  body: Json,
  tools: readonly LanguageModelV4FunctionTool[],
  dropped: Dropped,
): Pick<LanguageModelV4CallOptions, 'toolChoice' | 'providerOptions'> {
  if (tools.length === 0) return {};
  const serial =
    body['parallel_tool_calls'] === false ? { providerOptions: { muxgate: { parallelTools: false } } } : {};
  const choice = body['tool_choice'];
  if (choice === 'none' || choice === 'required' || choice === 'auto')
    return { toolChoice: { type: choice }, ...serial };
  if (!isObject(choice)) return serial;
  const named = [choice['function'], choice['custom'], choice].find(isObject);
  const name = named?.['name'];
  if (tools.some((tool) => tool.name === name))
    return { toolChoice: { type: 'tool', toolName: String(name) }, ...serial };
  dropped.add('tool_choice');
  return serial;
}

function readFormat(format: unknown): LanguageModelV4CallOptions['responseFormat'] {
  if (!isObject(format)) return undefined;
  if (format['type'] === 'json_object') return { type: 'json' };
  return isObject(format['json_schema']) ? schemaFormat(format['json_schema']) : undefined;
}

/** A named schema, which Chat nests under `json_schema` and Responses does not. */
export function schemaFormat(format: Json): LanguageModelV4CallOptions['responseFormat'] {
  if (!isObject(format['schema'])) return { type: 'json' };
  return present<Extract<LanguageModelV4CallOptions['responseFormat'], { type: 'json' }>>({
    type: 'json',
    schema: format['schema'],
    name: textOf(format['name']),
    description: textOf(format['description']),
  });
}
