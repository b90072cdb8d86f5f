import type { Answer, ToolCall, Turn } from './answer.js';
import { isObject, objectsOf, stringOf, textOf, type JsonObject } from './json.js';
import {
  openaiErrorBody,
  openaiHeaders,
  openaiModelOf,
  openaiPromptTokens,
  openaiToolChoice,
} from './openai-common.js';
import { data, fragments, type AnswerContext, type Frame, type VendorApi } from './vendor-api.js';
import { VendorError } from './vendor-error.js';

interface ChatTurn extends Turn {
  /** `stream_options.include_usage` */
  readonly includeUsage: boolean;
}

const ROLES = ['developer', 'system', 'user', 'assistant', 'tool', 'function'];

export const openaiChatApi: VendorApi<ChatTurn> = {
  parse(body, _headers, cache) {
    const model = openaiModelOf(body);
    const messages = body['messages'];
    if (!Array.isArray(messages) || messages.length === 0) {
      throw new VendorError(
        400,
        "Invalid 'messages': a list of at least one message is required.",
        'messages',
      );
    }
    messages.forEach(assertMessage);
    const tools = objectsOf(body['tools']).flatMap(({ function: f }) => (isObject(f) ? [f] : []));
    const choice = isObject(body['tool_choice']) ? body['tool_choice']['function'] : undefined;
    const turns = objectsOf(messages);
    const lastOther = turns.findLastIndex(({ role }) => role !== 'tool');
    const maxTokens = body['max_completion_tokens'] ?? body['max_tokens'];
    return {
      model,
      stream: body['stream'] === true,
      includeUsage: isObject(body['stream_options']) && body['stream_options']['include_usage'] === true,
      userText: textOf(turns.findLast(({ role }) => role === 'user')?.['content']),
      toolResults: turns.slice(lastOther + 1).map(({ content }) => textOf(content)),
      tools: tools.map((tool) => ({ name: String(tool['name']), schema: tool['parameters'] })),
      toolChoice: openaiToolChoice(
        body['tool_choice'],
        isObject(choice) ? stringOf(choice['name']) : undefined,
      ),
      parallelTools: body['parallel_tool_calls'] !== false,
      thinking: typeof body['reasoning_effort'] === 'string' && body['reasoning_effort'] !== 'none',
      ...outputSchema(body['response_format']),
      prompt: openaiPromptTokens([...objectsOf(body['tools']), ...turns], cache),
      ...(typeof maxTokens === 'number' ? { maxTokens } : {}),
    };
  },
  json: (turn, answer, context) => ({
    ...envelope(turn, context, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.toolCalls.length > 0 ? null : answer.deltas.join(''),
          refusal: null,
          annotations: [],
          ...(answer.toolCalls.length === 0
            ? {}
            : {
                tool_calls: answer.toolCalls.map((call, at) =>
                  toolCall(call, at, context, JSON.stringify(call.input)),
                ),
              }),
        },
        logprobs: null,
        finish_reason: finishReason(answer),
      },
    ],
    usage: usage(answer),
  }),
  frames: streamChunks,
  errorEnvelope: openaiErrorBody,
  errorFrames: (error) => data(openaiErrorBody(error)).wire,
  headers: openaiHeaders,
};

function assertMessage(message: unknown, index: number): void {
  const role = isObject(message) ? message['role'] : undefined;
  if (typeof role !== 'string' || !ROLES.includes(role)) {
    throw new VendorError(400, `Invalid value for 'messages[${index}].role'.`, `messages[${index}].role`);
  }
  const content = isObject(message) ? message['content'] : undefined;
  if (typeof content !== 'string' && !Array.isArray(content) && role !== 'assistant') {
    throw new VendorError(
      400,
      `Invalid type for 'messages[${index}].content': expected a string or a list.`,
      `messages[${index}].content`,
    );
  }
}

function outputSchema(format: unknown): { outputSchema?: unknown } {
  if (!isObject(format)) return {};
  if (format['type'] === 'json_object')
    return { outputSchema: { type: 'object', properties: { answer: {} } } };
  const named = format['json_schema'];
  return isObject(named) ? { outputSchema: named['schema'] } : {};
}

function* streamChunks(turn: ChatTurn, answer: Answer, context: AnswerContext): Iterable<Frame> {
  const base = {
    ...envelope(turn, context, 'chat.completion.chunk'),
    ...(turn.includeUsage ? { usage: null } : {}),
  };
  const chunk = (delta: object, finish: string | null = null, content = false): Frame =>
    data({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] }, content);
  const called = answer.toolCalls.length > 0;
  yield chunk({ role: 'assistant', content: called ? null : '', refusal: null });
  for (const content of answer.deltas) yield chunk({ content }, null, true);
  for (const [index, call] of answer.toolCalls.entries()) {
    yield chunk({ tool_calls: [{ index, ...toolCall(call, index, context, '') }] }, null, true);
    for (const piece of fragments(call.input)) {
      yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] }, null, true);
    }
  }
  yield chunk({}, finishReason(answer));
  if (turn.includeUsage) yield data({ ...base, choices: [], usage: usage(answer) });
  yield data('[DONE]');
}

function envelope(turn: ChatTurn, { id, now }: AnswerContext, object: string): JsonObject {
  return {
    id: `chatcmpl-${id}`,
    object,
    created: Math.floor(now / 1000),
    model: turn.model,
    service_tier: 'default',
    system_fingerprint: 'fp_sandbox',
  };
}

function toolCall({ name }: ToolCall, at: number, { id }: AnswerContext, argumentsText: string): object {
  return { id: `call_${id}_${at}`, type: 'function', function: { name, arguments: argumentsText } };
}

function finishReason({ stop }: Answer): string {
  return { end: 'stop', tools: 'tool_calls', length: 'length' }[stop];
}

function usage({ usage: { input, cacheRead, output, reasoning } }: Answer): object {
  return {
    prompt_tokens: input + cacheRead,
    completion_tokens: output,
    total_tokens: input + cacheRead + output,
    prompt_tokens_details: { cached_tokens: cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
