import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, ToolCall, Turn } from './answer.js';
import { isObject, objectsOf, stringOf, textOf, type JsonObject } from './json.js';
import { ANTHROPIC_MODELS } from './models.js';
import { uncachedTokens, type PromptBlock, type PromptCache } from './prompt-cache.js';
import { event, fragments, type AnswerContext, type Frame, type VendorApi } from './vendor-api.js';
import { VendorError } from './vendor-error.js';

const VERSIONS = ['2023-06-01', '2026-10-21'];
const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};
const SIGNATURE = Buffer.from('sandbox thinking signature, which proves nothing').toString('base64');

export const anthropicApi: VendorApi = {
  parse(body, headers, cache) {
    const turn = parsePrompt(body, headers, (blocks) => cache.measure(blocks));
    const maxTokens = body['max_tokens'];
    if (!Number.isInteger(maxTokens) || Number(maxTokens) < 1) {
      throw new VendorError(400, 'max_tokens: Field required, a whole number of at least 1', 'max_tokens');
    }
    for (const name of ['temperature', 'top_p', 'top_k']) {
      if (headers['anthropic-version'] === '2026-10-21' && name in body) {
        throw new VendorError(400, `${name}: not supported with anthropic-version 2026-10-21`, name);
      }
    }
    return { ...turn, maxTokens: Number(maxTokens) };
  },
  json: (turn, answer, context) => ({
    ...message(turn, context),
    content: [
      ...(answer.thinking === undefined
        ? []
        : [{ type: 'thinking', thinking: answer.thinking, signature: SIGNATURE }]),
      ...(answer.deltas.length === 0
        ? []
        : [{ type: 'text', text: answer.deltas.join(''), citations: null }]),
      ...answer.toolCalls.map((call, at) => ({ ...toolUse(call, at, context), input: call.input })),
    ],
    stop_reason: stopReason(answer),
    usage: usage(answer, answer.usage.output),
  }),
  frames: streamMessage,
  errorEnvelope: (error, requestId) => ({ ...errorBody(error), request_id: requestId }),
  errorFrames: (error) => event('error', errorBody(error)).wire,
  headers: (requestId, now) => {
    const reset = new Date(now + 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const limits = {
      requests: 4_000,
      tokens: 2_400_000,
      'input-tokens': 2_000_000,
      'output-tokens': 400_000,
    };
    return {
      'request-id': requestId,
      'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
      ...Object.fromEntries(
        Object.entries(limits).flatMap(([name, most]) => [
          [`anthropic-ratelimit-${name}-limit`, String(most)],
          [`anthropic-ratelimit-${name}-remaining`, String(most - 1)],
          [`anthropic-ratelimit-${name}-reset`, reset],
        ]),
      ),
    };
  },
};

/** `POST /v1/messages/count_tokens`; the prompt is refused by the same rules as in a message. */
export function countPromptTokens(body: JsonObject, headers: IncomingHttpHeaders): object {
  return { input_tokens: parsePrompt(body, headers, uncachedTokens).prompt.total };
}

function parsePrompt(body: JsonObject, headers: IncomingHttpHeaders, measure: PromptCache['measure']): Turn {
  const version = headers['anthropic-version'];
  if (typeof version !== 'string') throw new VendorError(400, 'anthropic-version: header is required');
  if (!VERSIONS.includes(version)) {
    throw new VendorError(400, `anthropic-version: "${version}" is not a valid version`);
  }
  const model = stringOf(body['model']);
  if (model === undefined) throw new VendorError(400, 'model: Field required', 'model');
  if (!(ANTHROPIC_MODELS as readonly string[]).includes(model)) throw new VendorError(404, `model: ${model}`);
  const messages = body['messages'];
  if (!Array.isArray(messages)) throw new VendorError(400, 'messages: Field required', 'messages');
  if (messages.length === 0) throw new VendorError(400, 'messages: at least one message is required');
  messages.forEach(assertMessage);
  const last = objectsOf(messages).findLast(({ role }) => role === 'user')?.['content'];
  const choice = isObject(body['tool_choice']) ? body['tool_choice'] : {};
  const thinking = isObject(body['thinking']) ? body['thinking']['type'] : undefined;
  const config = isObject(body['output_config']) ? body['output_config'] : {};
  const format = isObject(config['format']) ? config['format'] : {};
  return {
    model,
    stream: body['stream'] === true,
    userText:
      typeof last === 'string'
        ? last
        : textOf(
            objectsOf(last)
              .filter(({ type }) => type === 'text')
              .slice(-1),
          ),
    toolResults: objectsOf(last)
      .filter(({ type }) => type === 'tool_result')
      .map(({ content }) => textOf(content)),
    tools: objectsOf(body['tools'])
      .filter((tool) => isObject(tool['input_schema']))
      .map((tool) => ({ name: String(tool['name']), schema: tool['input_schema'] })),
    toolChoice: toolChoiceOf(choice),
    parallelTools: choice['disable_parallel_tool_use'] !== true,
    thinking: thinking === 'enabled' || thinking === 'adaptive',
    ...(format['type'] === 'json_schema' ? { outputSchema: format['schema'] } : {}),
    prompt: measure(promptBlocks(body)),
  };
}

function assertMessage(message: unknown, index: number): void {
  const { role, content } = isObject(message) ? message : {};
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw new VendorError(400, `messages.${index}.role: must be one of user, assistant, system`);
  }
  if (typeof content === 'string') return;
  if (
    !Array.isArray(content) ||
    !content.every((block) => isObject(block) && typeof block['type'] === 'string')
  ) {
    throw new VendorError(400, `messages.${index}.content: must be a string or a list of content blocks`);
  }
}

function promptBlocks(body: JsonObject): PromptBlock[] {
  const blocksOf = (content: unknown): unknown[] => (Array.isArray(content) ? content : [content]);
  return [
    ...objectsOf(body['tools']),
    ...(body['system'] === undefined ? [] : blocksOf(body['system'])),
    ...objectsOf(body['messages']).flatMap(({ content }) => blocksOf(content)),
  ].map((content) => ({ content, marked: isObject(content) && isObject(content['cache_control']) }));
}

function toolChoiceOf(choice: JsonObject): Turn['toolChoice'] {
  if (choice['type'] === 'tool') return { name: String(choice['name']) };
  if (choice['type'] === 'any') return 'required';
  return choice['type'] === 'none' ? 'none' : 'auto';
}

function* streamMessage(turn: Turn, answer: Answer, context: AnswerContext): Iterable<Frame> {
  yield event('message_start', {
    type: 'message_start',
    message: { ...message(turn, context), usage: usage(answer, 1) },
  });
  let index = 0;
  const start = (block: object): Frame =>
    event('content_block_start', { type: 'content_block_start', index, content_block: block });
  const delta = (change: object): Frame =>
    event('content_block_delta', { type: 'content_block_delta', index, delta: change }, true);
  const stop = (): Frame => event('content_block_stop', { type: 'content_block_stop', index: index++ });
  yield event('ping', { type: 'ping' });
  if (answer.thinking !== undefined) {
    yield start({ type: 'thinking', thinking: '', signature: '' });
    for (const thinking of answer.thinking.match(/.{1,40}/gs) ?? [])
      yield delta({ type: 'thinking_delta', thinking });
    yield delta({ type: 'signature_delta', signature: SIGNATURE });
    yield stop();
  }
  if (answer.deltas.length > 0) {
    yield start({ type: 'text', text: '', citations: null });
    for (const text of answer.deltas) yield delta({ type: 'text_delta', text });
    yield stop();
  }
  for (const [at, call] of answer.toolCalls.entries()) {
    yield start({ ...toolUse(call, at, context), input: {} });
    for (const partial of ['', ...fragments(call.input)]) {
      yield delta({ type: 'input_json_delta', partial_json: partial });
    }
    yield stop();
  }
  yield event('message_delta', {
    type: 'message_delta',
    delta: { stop_reason: stopReason(answer), stop_sequence: null, stop_details: null, container: null },
    usage: tokenCounts(answer, answer.usage.output),
  });
  yield event('message_stop', { type: 'message_stop' });
}

function message(turn: Turn, context: AnswerContext): JsonObject {
  return {
    id: `msg_${context.id}`,
    type: 'message',
    role: 'assistant',
    model: turn.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
  };
}

function toolUse(call: ToolCall, at: number, context: AnswerContext): JsonObject {
  return { type: 'tool_use', id: `toolu_${context.id}_${at}`, name: call.name, caller: { type: 'direct' } };
}

function stopReason({ stop }: Answer): string {
  return { end: 'end_turn', tools: 'tool_use', length: 'max_tokens' }[stop];
}

function usage(answer: Answer, output: number): JsonObject {
  return {
    ...tokenCounts(answer, output),
    cache_creation: {
      ephemeral_5m_input_tokens: answer.usage.cacheCreation,
      ephemeral_1h_input_tokens: 0,
    },
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}

/** The cumulative part of usage, which `message_delta` repeats. */
function tokenCounts(
  { usage: { input, cacheRead, cacheCreation, reasoning } }: Answer,
  output: number,
): JsonObject {
  return {
    input_tokens: input,
    cache_creation_input_tokens: cacheCreation,
    cache_read_input_tokens: cacheRead,
    output_tokens: output,
    output_tokens_details: { thinking_tokens: reasoning },
    server_tool_use: null,
  };
}

function errorBody(error: VendorError): object {
  const type = ERROR_TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error');
  return { type: 'error', error: { type, message: error.message } };
}
