import type { ServerResponse } from 'node:http';
import type { Received } from './gateway.support.ts';

const USAGE = {
  input_tokens: 20,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
  output_tokens: 9,
};
const THINKING = { type: 'thinking', thinking: 'Oslo is in Norway.', signature: 'sig-1' };

/** A thought and one call of a tool, in Anthropic's words at `rawPredict` and `streamRawPredict` of Vertex AI. */
export function answerVertexClaude({ url }: Received, res: ServerResponse): void {
  const message = { id: 'msg_vrtx_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' };
  const call = { type: 'tool_use', id: 'toolu_vrtx_1', name: 'weather' };
  if (url.endsWith(':rawPredict')) {
    const content = [THINKING, { type: 'text', text: 'Let me look.' }, { ...call, input: { city: 'Oslo' } }];
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(
      JSON.stringify({ ...message, content, stop_reason: 'tool_use', stop_sequence: null, usage: USAGE }),
    );
    return;
  }
  const block = (index: number, start: object, ...deltas: object[]): object[] => [
    { type: 'content_block_start', index, content_block: start },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
  const events = [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage: USAGE },
    },
    ...block(
      0,
      { type: 'thinking', thinking: '', signature: '' },
      { type: 'thinking_delta', thinking: THINKING.thinking },
      { type: 'signature_delta', signature: THINKING.signature },
    ),
    ...block(1, { type: 'text', text: '' }, { type: 'text_delta', text: 'Let me look.' }),
    ...block(
      2,
      { ...call, input: {} },
      { type: 'input_json_delta', partial_json: '{"city":' },
      { type: 'input_json_delta', partial_json: '"Oslo"}' },
    ),
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: USAGE },
    { type: 'message_stop' },
  ];
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.end(
    events
      .map((event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join(''),
  );
}
