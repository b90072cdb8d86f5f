/**
 * What a streamed event costs where it is translated, next to passthrough: CPU in µs per event, in one process and
 * without sockets, which cost both alike. Events arrive one per chunk, as vendors send them, and in bursts of 16.
 */
import { readFileSync } from 'node:fs';
import type { ProviderConfig } from '@muxgate/config';
import { createStreamTap, type StreamTap } from '../../services/gateway/src/proxy/sse-tap.js';
import type { Dialect } from '../../services/gateway/src/translate/dialect.js';
import { StreamedAnswer } from '../../services/gateway/src/translate/streamed-answer.js';
import { ADAPTERS } from '../../services/gateway/src/translate/surface-adapter.js';
import { upstreamModel } from '../../services/gateway/src/translate/upstream-model.js';

const EVENTS = 2_000;
const ROUNDS = 9;
const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
const facts = { id: 'x', model: 'm', createdAt: 1, request: {} };
const provider = { name: 'p', baseUrl: 'https://vendor.example' } as ProviderConfig;

/** A recorded stream with its first delta repeated, in chunks of so many events. */
function longStream(fixture: string, delta: string, perChunk: number): Buffer[] {
  const file = new URL(`../../test/fixtures/streams/${fixture}.sse`, import.meta.url);
  const events = readFileSync(file, 'utf8').trimEnd().split('\n\n');
  const at = events.findIndex((event) => event.includes(delta));
  const many = [
    ...events.slice(0, at),
    ...Array<string>(EVENTS).fill(events[at] as string),
    ...events.slice(at + 1),
  ];
  const chunks: Buffer[] = [];
  for (let from = 0; from < many.length; from += perChunk)
    chunks.push(Buffer.from(`${many.slice(from, from + perChunk).join('\n\n')}\n\n`));
  return chunks;
}

async function passThrough(tap: StreamTap, chunks: readonly Buffer[]): Promise<number> {
  let sent = 0;
  for (const chunk of chunks) {
    tap.push(chunk);
    sent += chunk.length;
    // every chunk comes in a turn of its own from a socket
    await Promise.resolve();
  }
  return sent;
}

async function translate(
  dialect: Dialect,
  surface: keyof typeof ADAPTERS,
  chunks: readonly Buffer[],
): Promise<number> {
  const answer = new StreamedAnswer(ADAPTERS[surface].writer(facts), 'p');
  const pending = chunks.values();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = pending.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
  const headers = { 'content-type': 'text/event-stream' };
  const model = upstreamModel(provider, dialect, 'm', () => Promise.resolve(new Response(body, { headers })));
  const { stream } = await model.doStream({ prompt });
  let sent = 0;
  for await (const part of stream)
    if (part.type !== 'stream-start') sent += Buffer.from(answer.push(part)).length;
  return sent;
}

async function microsPerEvent(run: () => Promise<unknown>): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / EVENTS);
  }
  return rounds.toSorted((a, b) => a - b)[ROUNDS >> 1] as number;
}

const routes: [
  Dialect & ('anthropic-messages' | 'openai-chat' | 'openai-responses'),
  string,
  string,
  keyof typeof ADAPTERS,
][] = [
  ['openai-chat', 'chat-text-no-usage', 'Hello', 'anthropic-messages'],
  ['openai-responses', '../translated/responses-text', 'output_text.delta', 'anthropic-messages'],
  ['anthropic-messages', 'anthropic-text', '"Hello"', 'openai-chat'],
  ['anthropic-messages', 'anthropic-text', '"Hello"', 'openai-responses'],
];

const rows: Record<string, Record<string, number>> = {};
for (const [dialect, fixture, delta, surface] of routes) {
  const row: Record<string, number> = {};
  for (const [name, perChunk] of [
    ['one by one', 1],
    ['bursts of 16', 16],
  ] as const) {
    const chunks = longStream(fixture, delta, perChunk);
    const passed = await microsPerEvent(() => passThrough(createStreamTap(dialect), chunks));
    const translated = await microsPerEvent(() => translate(dialect, surface, chunks));
    row[`passthrough, ${name}`] = Number(passed.toPrecision(2));
    row[`translated, ${name}`] = Number(translated.toPrecision(2));
  }
  rows[`${dialect} → ${surface}`] = row;
}
console.table(rows);
