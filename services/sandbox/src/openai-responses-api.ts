import { isObject, objectsOf, stringOf, textOf } from './json.js';
import {
  openaiErrorBody,
  openaiHeaders,
  openaiModelOf,
  openaiPromptTokens,
  openaiToolChoice,
} from './openai-common.js';
import { finishedResponse, type ResponsesTurn } from './openai-response-object.js';
import { streamResponse } from './openai-responses-stream.js';
import { event, type VendorApi } from './vendor-api.js';
import { VendorError } from './vendor-error.js';

export const openaiResponsesApi: VendorApi<ResponsesTurn> = {
  parse(body, _headers, cache) {
    const model = openaiModelOf(body);
    const { input } = body;
    if (typeof input !== 'string' && !(Array.isArray(input) && input.length > 0)) {
      throw new VendorError(400, "Missing required parameter: 'input'.", 'input');
    }
    if (Array.isArray(input) && !input.every(isObject)) {
      throw new VendorError(400, "Invalid type for 'input': expected items to be objects.", 'input');
    }
    if (typeof body['previous_response_id'] === 'string') {
      throw new VendorError(
        400,
        `Previous response with id '${body['previous_response_id']}' not found.`,
        'previous_response_id',
      );
    }
    const items = typeof input === 'string' ? [{ role: 'user', content: input }] : objectsOf(input);
    const lastOther = items.findLastIndex((item) => stringOf(item['type']) !== 'function_call_output');
    const choice = body['tool_choice'];
    const reasoning = isObject(body['reasoning']) ? body['reasoning'] : undefined;
    const format = isObject(body['text']) && isObject(body['text']['format']) ? body['text']['format'] : {};
    const maxTokens = body['max_output_tokens'];
    return {
      model,
      stream: body['stream'] === true,
      userText: textOf(items.findLast((item) => item['role'] === 'user')?.['content']),
      toolResults: items.slice(lastOther + 1).map((item) => textOf(item['output'])),
      tools: objectsOf(body['tools'])
        .filter(({ type }) => type === 'function')
        .map((tool) => ({ name: String(tool['name']), schema: tool['parameters'] })),
      toolChoice: openaiToolChoice(choice, isObject(choice) ? stringOf(choice['name']) : undefined),
      parallelTools: body['parallel_tool_calls'] !== false,
      thinking: reasoning !== undefined && reasoning['effort'] !== 'none',
      encryptedReasoning:
        Array.isArray(body['include']) && body['include'].includes('reasoning.encrypted_content'),
      ...(format['type'] === 'json_schema' ? { outputSchema: format['schema'] } : {}),
      prompt: openaiPromptTokens([...objectsOf(body['tools']), body['instructions'], ...items], cache),
      ...(typeof maxTokens === 'number' ? { maxTokens } : {}),
      echoed: {
        instructions: body['instructions'] ?? null,
        max_output_tokens: maxTokens ?? null,
        metadata: body['metadata'] ?? {},
        parallel_tool_calls: body['parallel_tool_calls'] ?? true,
        reasoning: reasoning ?? { effort: null, summary: null },
        temperature: body['temperature'] ?? 1,
        text: body['text'] ?? { format: { type: 'text' } },
        tool_choice: choice ?? 'auto',
        tools: body['tools'] ?? [],
        top_p: body['top_p'] ?? 1,
        truncation: body['truncation'] ?? 'disabled',
        store: body['store'] ?? true,
      },
    };
  },
  json: finishedResponse,
  frames: streamResponse,
  errorEnvelope: openaiErrorBody,
  errorFrames: (error) => {
    const { code, message, param } = openaiErrorBody(error).error;
    return event('error', { type: 'error', code: code ?? 'server_error', message, param, sequence_number: 0 })
      .wire;
  },
  headers: openaiHeaders,
};
