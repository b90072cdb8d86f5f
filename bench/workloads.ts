import type { LoadRequest } from './load.ts';

export interface Workload {
  readonly name: string;
  readonly request: LoadRequest;
  readonly connections: number;
  /** The most CPU per request that this may cost, as a ratio to the bare proxy (issue 2, item 9). */
  readonly limit?: number;
  /** The most that limits and accounting may add, as a share of what it costs without them (issue 5, item 5). */
  readonly mostAdded?: number;
}

/** Code with quotes to escape, and the typography that models and their users write: nearly no agent body is ASCII only. */
const words =
  'function refactor(stream) {\n  return stream.pipe("through", `gateway`); // keep the bytes — always ✓\n}\n';
const asciiWords = words.replace(/[^\n -~]/g, '-');

/** A request as coding agents send it: system blocks, tools, a history of long texts; about `bytes` long. */
function agentBody(bytes: number, stream: boolean, text = words): Buffer {
  const tool = (n: number): object => ({
    name: `tool_${n}`,
    description: 'Reads a file from the local filesystem. '.repeat(4),
    input_schema: {
      type: 'object',
      properties: { path: { type: 'string' }, limit: { type: 'number' } },
      required: ['path'],
    },
  });
  const body = {
    model: 'bench-model',
    max_tokens: 1024,
    stream,
    system: [{ type: 'text', text: 'You are a careful engineer.', cache_control: { type: 'ephemeral' } }],
    tools: bytes > 10_000 ? Array.from({ length: 20 }, (_, n) => tool(n)) : [tool(0)],
    messages: [] as object[],
    metadata: { user_id: 'bench' },
  };
  const room = bytes - JSON.stringify(body).length;
  const perMessage = Math.min(4_000, Math.max(300, room));
  for (let left = room; left > 100; left -= perMessage) {
    const length = Math.floor(Math.min(perMessage, left) * 0.84);
    body.messages.push({
      role: body.messages.length % 2 === 0 ? 'user' : 'assistant',
      content: [{ type: 'text', text: text.repeat(Math.ceil(length / text.length)).slice(0, length) }],
    });
  }
  return Buffer.from(JSON.stringify(body));
}

function workload(
  name: string,
  options: {
    bytes: number;
    events?: number;
    intervalMs?: number;
    connections?: number;
    limit?: number;
    mostAdded?: number;
    text?: string;
  },
): Workload {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'anthropic-version': '2023-06-01',
  };
  if (options.events !== undefined) headers['x-bench-events'] = String(options.events);
  if (options.intervalMs !== undefined) headers['x-bench-interval'] = String(options.intervalMs);
  const body = agentBody(options.bytes, options.events !== undefined, options.text);
  return {
    name,
    request: { path: '/v1/messages', headers, body },
    connections: options.connections ?? 32,
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.mostAdded === undefined ? {} : { mostAdded: options.mostAdded }),
  };
}

/** A Chat Completions client at the Messages upstream: each event is translated, so CPU over 100 is the cost of one. */
const TRANSLATED: Workload = {
  name: '100 events in a burst, translated',
  request: {
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json', 'x-bench-events': '100' },
    body: Buffer.from(
      JSON.stringify({
        model: 'bench-translated',
        stream: true,
        messages: [{ role: 'user', content: words.repeat(18) }],
      }),
    ),
  },
  connections: 32,
};

export const WORKLOADS: readonly Workload[] = [
  workload('2 KB JSON', { bytes: 2_000, limit: 1.25, mostAdded: 0.15 }),
  workload('100 events in a burst', { bytes: 2_000, events: 100, limit: 0.9, mostAdded: 0.15 }),
  workload('100 events one by one', {
    bytes: 2_000,
    events: 100,
    intervalMs: 0,
    limit: 1.15,
    mostAdded: 0.15,
  }),
  TRANSLATED,
  workload('100 KB body', { bytes: 100_000, limit: 0.45, mostAdded: 0.15 }),
  workload('200 KB body', { bytes: 200_000 }),
  workload('1 MB body', { bytes: 1_000_000, connections: 8, limit: 0.45 }),
  // the parser's best case: V8 parses ASCII text several times faster than any other
  workload('1 MB body of ASCII only', { bytes: 1_000_000, connections: 8, text: asciiWords }),
];

export const SLOW_STREAMS: Workload = workload('500 slow streams', {
  bytes: 20_000,
  events: 40,
  intervalMs: 100,
  connections: 500,
});

export const LARGE_BODIES: Workload = workload('1 MB bodies, a long run', {
  bytes: 1_000_000,
  connections: 8,
});
