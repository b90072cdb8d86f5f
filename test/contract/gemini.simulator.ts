import type { ServerResponse } from 'node:http';
import type { Received } from './gateway.support.ts';

/** One call of a tool, in the words of `generateContent` and `streamGenerateContent`. */
export function answerGemini({ url }: Received, res: ServerResponse): void {
  const chunk = (part: object, more: object = {}): object => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [part] }, ...more }],
    usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 9, totalTokenCount: 29 },
    modelVersion: 'vendor-model',
    responseId: 'r1',
  });
  const text = { text: 'Let me look.' };
  const call = { functionCall: { name: 'weather', args: { city: 'Oslo' } } };
  if (url.includes(':streamGenerateContent')) {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.end(
      [chunk(text), chunk(call, { finishReason: 'STOP' })]
        .map((data) => `data: ${JSON.stringify(data)}\r\n\r\n`)
        .join(''),
    );
    return;
  }
  const whole = {
    ...chunk(text),
    candidates: [{ index: 0, content: { role: 'model', parts: [text, call] }, finishReason: 'STOP' }],
  };
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(JSON.stringify(whole));
}
