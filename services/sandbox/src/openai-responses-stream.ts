import type { Answer } from './answer.js';
import type { JsonObject } from './json.js';
import { finishedResponse, openResponse, outputItems, type ResponsesTurn } from './openai-response-object.js';
import { event, fragments, type AnswerContext, type Frame } from './vendor-api.js';

type Emit = (type: string, fields: object, content?: boolean) => Frame;

/** The event sequence of a streamed response: each output item is opened, filled and closed. */
export function* streamResponse(
  turn: ResponsesTurn,
  answer: Answer,
  context: AnswerContext,
): Iterable<Frame> {
  let sequence = 0;
  const emit: Emit = (type, fields, content = false) =>
    event(type, { type, sequence_number: sequence++, ...fields }, content);
  const open = openResponse(turn, context);
  yield emit('response.created', { response: open });
  yield emit('response.in_progress', { response: open });
  for (const [index, item] of outputItems(turn, answer, context).entries()) {
    const at = { output_index: index };
    yield emit('response.output_item.added', { ...at, item: emptied(item) });
    yield* fill(emit, item, { ...at, item_id: item['id'] }, answer);
    yield emit('response.output_item.done', { ...at, item });
  }
  const response = finishedResponse(turn, answer, context);
  yield emit(`response.${String(response['status'])}`, { response });
}

function* fill(emit: Emit, item: JsonObject, at: object, answer: Answer): Iterable<Frame> {
  switch (item['type']) {
    case 'reasoning': {
      const place = { ...at, summary_index: 0 };
      const text = answer.thinking ?? '';
      yield emit('response.reasoning_summary_part.added', {
        ...place,
        part: { type: 'summary_text', text: '' },
      });
      for (const delta of text.match(/.{1,40}/gs) ?? []) {
        yield emit('response.reasoning_summary_text.delta', { ...place, delta }, true);
      }
      yield emit('response.reasoning_summary_text.done', { ...place, text });
      yield emit('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } });
      return;
    }
    case 'message': {
      const place = { ...at, content_index: 0 };
      const text = answer.deltas.join('');
      const part = { type: 'output_text', annotations: [], logprobs: [] };
      yield emit('response.content_part.added', { ...place, part: { ...part, text: '' } });
      for (const delta of answer.deltas) {
        yield emit('response.output_text.delta', { ...place, delta, logprobs: [] }, true);
      }
      yield emit('response.output_text.done', { ...place, text, logprobs: [] });
      yield emit('response.content_part.done', { ...place, part: { ...part, text } });
      return;
    }
    default: {
      const text = String(item['arguments']);
      for (const delta of fragments(JSON.parse(text))) {
        yield emit('response.function_call_arguments.delta', { ...at, delta }, true);
      }
      yield emit('response.function_call_arguments.done', { ...at, name: item['name'], arguments: text });
    }
  }
}

function emptied(item: JsonObject): JsonObject {
  switch (item['type']) {
    case 'reasoning':
      return { ...item, summary: [] };
    case 'message':
      return { ...item, status: 'in_progress', content: [] };
    default:
      return { ...item, status: 'in_progress', arguments: '' };
  }
}
