import { createHash, createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { Received } from './gateway.support.ts';

const USAGE = { inputTokens: 20, outputTokens: 9, totalTokens: 29 };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** One call of a tool, in the words of Converse; a stream to the model `cut` breaks off. */
export function answerBedrock({ url }: Received, res: ServerResponse): void {
  if (url.endsWith('/converse')) {
    const call = { toolUseId: 'tooluse_1', name: 'weather', input: { city: 'Oslo' } };
    const message = { role: 'assistant', content: [{ text: 'Let me look.' }, { toolUse: call }] };
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(
      JSON.stringify({
        output: { message },
        stopReason: 'tool_use',
        usage: USAGE,
        metrics: { latencyMs: 10 },
      }),
    );
    return;
  }
  res.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  const frames = converseStream();
  const bytes = Buffer.concat(url.includes('/cut/') ? frames.slice(0, 4) : frames);
  const middle = Math.floor(bytes.length / 2);
  res.write(bytes.subarray(0, middle));
  setImmediate(() => res.end(bytes.subarray(middle)));
}

/** The events of a stream, each framed as AWS does. */
export function converseStream(): Uint8Array[] {
  const events: [string, object][] = [
    ['messageStart', { role: 'assistant' }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Let me ' } }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'look.' } }],
    ['contentBlockStop', { contentBlockIndex: 0 }],
    [
      'contentBlockStart',
      { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'tooluse_1', name: 'weather' } } },
    ],
    ['contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '{"city":' } } }],
    ['contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '"Oslo"}' } } }],
    ['contentBlockStop', { contentBlockIndex: 1 }],
    ['messageStop', { stopReason: 'tool_use' }],
    ['metadata', { usage: USAGE, metrics: { latencyMs: 10 } }],
  ];
  return events.map(([type, data]) => frame(type, data));
}

function frame(type: string, data: object): Uint8Array {
  const header = (value: string) => ({ type: 'string' as const, value });
  return new EventStreamCodec(decode, encode).encode({
    headers: {
      ':event-type': header(type),
      ':content-type': header('application/json'),
      ':message-type': header('event'),
    },
    // AWS pads its events so that their lengths tell nothing
    body: encode(JSON.stringify({ ...data, p: 'abcdefgh' })),
  });
}

/** What `authorization` must be: AWS Signature Version 4, worked out by its own description. */
export function awsSignature(received: Received, region: string, secretKey: string, keyId: string): string {
  const { headers, method, url, body } = received;
  const date = String(headers['x-amz-date']);
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const path = url.split('/').map(encodeURIComponent).join('/');
  const canonical = [
    method,
    path,
    '',
    ...names.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    names,
    createHash('sha256').update(body).digest('hex'),
  ].join('\n');
  const scope = [date.slice(0, 8), region, 'bedrock', 'aws4_request'];
  const text = [
    'AWS4-HMAC-SHA256',
    date,
    scope.join('/'),
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const hmac = (key: string | Buffer, data: string): Buffer =>
    createHmac('sha256', key).update(data).digest();
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  return `AWS4-HMAC-SHA256 Credential=${keyId}/${scope.join('/')}, SignedHeaders=${names}, Signature=${hmac(key, text).toString('hex')}`;
}
