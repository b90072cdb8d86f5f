import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { dropDetail, openaiTool, openaiToolChoice, schemaFormat } from './chat-request.js';
import { customTool } from './custom-tools.js';
import type { Dropped } from './dropped.js';
import { fileFromUrl } from './file-part.js';
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
import { cacheOptions, PromptBuilder, reasoningPart, textPart, type UserPart } from './prompt-builder.js';
import { effortOf } from './reasoning-effort.js';
import { openSignature } from './thought-seal.js';

const READ = new Set(
  'model input instructions stream store include max_output_tokens temperature top_p tools tool_choice parallel_tool_calls reasoning text metadata'.split(
    ' ',
  ),
);

/** Summaries are what a translated thought comes as, asked for or not. */
const REASONING_READ = new Set(['effort', 'summary', 'generate_summary']);

/** OpenAI Responses (https://platform.openai.com/docs/api-reference/responses) as a call. */
export function readResponsesRequest(body: Json, dropped: Dropped): LanguageModelV4CallOptions {
  dropped.unread(body, READ);
  if (typeof body['previous_response_id'] === 'string')
    malformed('previous_response_id', 'nothing is stored where this model is served; send the whole input');
  dropUnstored(body, dropped);
  const { reasoning } = body;
  if (isObject(reasoning)) dropped.unread(reasoning, REASONING_READ, 'reasoning.');
  const items =
    typeof body['input'] === 'string'
      ? [{ role: 'user', content: body['input'] }]
      : body['input'] === undefined
        ? []
        : listIn(body['input'], 'input');
  if (items.length === 0) malformed('input', 'Field required');
  const prompt = new PromptBuilder();
  prompt.system(textOf(body['instructions']) ?? '');
  for (const [index, item] of items.entries()) readItem(prompt, item, dropped, `input[${index}]`);
  const tools = objectsIn(body['tools']).flatMap((tool) => {
    if (tool['type'] === 'function') return [openaiTool(tool, dropped)];
    if (tool['type'] === 'custom') return [customTool(tool, dropped)];
    dropped.add(`tools.${String(tool['type'])}`);
    return [];
  });
  const format = isObject(body['text']) && isObject(body['text']['format']) ? body['text']['format'] : {};
  return present<LanguageModelV4CallOptions>({
    prompt: prompt.messages,
    maxOutputTokens: numberIn(body, 'max_output_tokens'),
    temperature: numberIn(body, 'temperature'),
    topP: numberIn(body, 'top_p'),
    responseFormat:
      format['type'] === 'json_schema'
        ? schemaFormat(format)
        : format['type'] === 'json_object'
          ? { type: 'json' }
          : undefined,
    reasoning: isObject(reasoning) ? effortOf(reasoning['effort'], dropped) : undefined,
    tools: tools.length > 0 ? tools : undefined,
    ...openaiToolChoice(body, tools, dropped),
  });
}

/** What asks the upstream to keep the answer, or to tell more than is carried. */
function dropUnstored(body: Json, dropped: Dropped): void {
  if (body['store'] === true) dropped.add('store');
  const { include, text } = body;
  for (const name of Array.isArray(include) ? include.map(String) : [])
    if (name !== 'reasoning.encrypted_content') dropped.add(`include.${name}`);
  if (isObject(text)) dropped.unread(text, new Set(['format']), 'text.');
}

function readItem(prompt: PromptBuilder, item: Json, dropped: Dropped, path: string): void {
  switch (item['type'] ?? 'message') {
    case 'message':
      return readMessage(prompt, item, dropped, path);
    case 'function_call':
      return prompt.assistant([
        prompt.toolCall(textIn(item, 'call_id', path), textIn(item, 'name', path), item['arguments'] ?? ''),
      ]);
    case 'custom_tool_call':
      return prompt.assistant([
        prompt.toolCall(textIn(item, 'call_id', path), textIn(item, 'name', path), { input: item['input'] }),
      ]);
    case 'custom_tool_call_output':
    case 'function_call_output': {
      const parts = blocksOf(item['output'], 'input_text');
      return prompt.toolResult(
        textIn(item, 'call_id', path),
        parts.flatMap((part) => readUserPart(part, dropped, `${path}.output`)),
      );
    }
    case 'reasoning': {
      const text = objectsIn(item['summary'])
        .map((part) => textOf(part['text']) ?? '')
        .join('');
      return prompt.assistant([reasoningPart(text, openSignature(item['encrypted_content']))]);
    }
    case 'item_reference':
      return malformed(path, 'nothing is stored where this model is served; send the item itself');
    default:
      dropped.add(`input.${String(item['type'])}`);
  }
}

function readMessage(prompt: PromptBuilder, item: Json, dropped: Dropped, path: string): void {
  const content = item['content'];
  switch (item['role']) {
    case 'system':
    case 'developer':
      for (const block of blocksOf(content)) prompt.system(textOf(block['text']) ?? '', cacheOptions(block));
      return;
    case 'user': {
      const parts = blocksOf(content, 'input_text');
      return prompt.user(parts.flatMap((part) => readUserPart(part, dropped, `${path}.content`)));
    }
    case 'assistant': {
      const texts = blocksOf(content).map((block) => textOf(block['text']) ?? textOf(block['refusal']) ?? '');
      return prompt.assistant(texts.filter((text) => text !== '').map((text) => textPart({ text })));
    }
    default:
      malformed(`${path}.role`, 'must be one of system, developer, user, assistant');
  }
}

function readUserPart(part: Json, dropped: Dropped, path: string): UserPart[] {
  const type = String(part['type']);
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return part['text'] === '' ? [] : [textPart(part)];
    case 'input_image': {
      const url = textOf(part['image_url']);
      if (url === undefined) break;
      dropDetail(part['detail'], dropped);
      return [fileFromUrl(url, 'image/jpeg', `${path}.image_url`)];
    }
    case 'input_file': {
      const url = textOf(part['file_data']) ?? textOf(part['file_url']);
      if (url === undefined) break;
      dropDetail(part['detail'], dropped);
      const filename = textOf(part['filename']);
      const file = fileFromUrl(url, 'application/pdf', path);
      return [filename === undefined ? file : { ...file, filename }];
    }
  }
  dropped.add(type);
  return [];
}
