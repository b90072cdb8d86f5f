import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The upstream of the benchmarks: answers Anthropic Messages as cheaply as Node can. `x-bench-events: N` asks
 * for a stream of N text deltas, `x-bench-interval: ms` for a pause between them (0: each flushed by itself; absent: a burst, as
 * models behind a buffering front send: each its own HTTP chunk, all in one tick). Without it, a JSON answer of about 2 KB.
 */
const usage = {
  input_tokens: 900,
  output_tokens: 100,
  cache_read_input_tokens: 50,
  cache_creation_input_tokens: 0,
};

const json = Buffer.from(
  JSON.stringify({
    id: 'msg_bench',
    type: 'message',
    role: 'assistant',
    model: 'bench-upstream',
    content: [{ type: 'text', text: 'All work and no play makes a gateway fast. '.repeat(40) }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage,
  }),
);

const event = (type: string, data: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

const head =
  event('message_start', {
    message: {
      id: 'msg_bench',
      type: 'message',
      role: 'assistant',
      model: 'bench-upstream',
      content: [],
      usage: { ...usage, output_tokens: 1 },
    },
  }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const delta = event('content_block_delta', {
  index: 0,
  delta: { type: 'text_delta', text: ' a few words of an answer' },
});
const tail =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }) +
  event('message_stop', {});

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const events = Number(request.headers['x-bench-events'] ?? 0);
    const interval = request.headers['x-bench-interval'];
    if (events === 0) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
      response.end(json);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    if (interval === undefined) inOneTick(response, events);
    else oneByOne(response, events, Number(interval));
  });
});

function inOneTick(response: ServerResponse, events: number): void {
  response.write(head);
  for (let i = 0; i < events; i += 1) response.write(delta);
  response.end(tail);
}

function oneByOne(response: ServerResponse, events: number, intervalMs: number): void {
  let left = events;
  response.write(head);
  const next = (): void => {
    if (response.destroyed) return;
    left -= 1;
    if (left < 0) {
      response.end(tail);
      return;
    }
    response.write(delta);
    if (intervalMs === 0) setImmediate(next);
    else setTimeout(next, intervalMs);
  };
  next();
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
});
process.on('SIGTERM', () => process.exit(0));
