import type { Answer, Turn } from './answer.js';
import type { JsonObject } from './json.js';
import type { AnswerContext } from './vendor-api.js';

export interface ResponsesTurn extends Turn {
  /** Request settings that the response object repeats. */
  readonly echoed: JsonObject;
  readonly encryptedReasoning: boolean;
}

/** The response object before any output. */
export function openResponse(turn: ResponsesTurn, { id, now }: AnswerContext): JsonObject {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: Math.floor(now / 1000),
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    model: turn.model,
    output: [],
    previous_response_id: null,
    service_tier: 'default',
    usage: null,
    user: null,
    ...turn.echoed,
  };
}

export function finishedResponse(turn: ResponsesTurn, answer: Answer, context: AnswerContext): JsonObject {
  const cut = answer.stop === 'length';
  return {
    ...openResponse(turn, context),
    status: cut ? 'incomplete' : 'completed',
    incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
    completed_at: Math.floor(context.now / 1000),
    output: outputItems(turn, answer, context),
    usage: usage(answer),
  };
}

/** The items of a finished response, in order; a stream opens and closes the same ones. */
export function outputItems(turn: ResponsesTurn, answer: Answer, { id }: AnswerContext): JsonObject[] {
  const items: JsonObject[] = [];
  if (answer.thinking !== undefined) {
    items.push({
      id: `rs_${id}`,
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: answer.thinking }],
      ...(turn.encryptedReasoning
        ? { encrypted_content: Buffer.from(answer.thinking).toString('base64') }
        : {}),
    });
  }
  if (answer.toolCalls.length === 0) {
    const text = answer.deltas.join('');
    items.push({
      id: `msg_${id}`,
      type: 'message',
      status: answer.stop === 'length' ? 'incomplete' : 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', annotations: [], logprobs: [], text }],
    });
  }
  answer.toolCalls.forEach((call, at) => {
    items.push({
      id: `fc_${id}_${at}`,
      type: 'function_call',
      status: 'completed',
      call_id: `call_${id}_${at}`,
      name: call.name,
      arguments: JSON.stringify(call.input),
    });
  });
  return items;
}

function usage({ usage: { input, cacheRead, output, reasoning } }: Answer): JsonObject {
  return {
    input_tokens: input + cacheRead,
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + cacheRead + output,
  };
}
