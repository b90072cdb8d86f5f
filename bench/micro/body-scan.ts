/**
 * What reading costs on the request path: `node bench/micro/run.ts`. Each figure is the median of several
 * rounds, in µs; `parse` is JSON.parse of the same bytes, `parse+stringify` what a rewriting proxy does.
 */
import { readFileSync } from 'node:fs';
import { modelEdit, scanBody, splice } from '@muxgate/json-scan';
import { createStreamTap } from '../../services/gateway/src/proxy/sse-tap.js';
import type { SurfaceName } from '../../services/gateway/src/proxy/surface.js';
import { readJsonUsage } from '../../services/gateway/src/proxy/usage-reader.js';
import { agentBody, numbersBody, shortStringsBody } from './bodies.js';

const ROUNDS = 15;
const ROUND_MS = 30;

function medianMicros(run: () => unknown): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    let runs = 0;
    do {
      run();
      runs++;
    } while (performance.now() - begun < ROUND_MS);
    rounds.push(((performance.now() - begun) * 1_000) / runs);
  }
  return rounds.toSorted((a, b) => a - b)[ROUNDS >> 1]!;
}

const micros = (value: number) => Number(value.toPrecision(3));

const KIB = 1024;
const bodies: Record<string, Buffer> = {
  'agent 2 KiB': agentBody(2 * KIB),
  'agent 100 KiB': agentBody(100 * KIB),
  'agent 1 MiB': agentBody(1024 * KIB),
  'short strings 1 MiB': shortStringsBody(1024 * KIB),
  'numbers 1 MiB': numbersBody(1024 * KIB),
};

console.table(
  Object.fromEntries(
    Object.entries(bodies).map(([name, body]) => {
      const scan = medianMicros(() => scanBody(body));
      const spliced = medianMicros(() => {
        const edit = modelEdit(scanBody(body), 'claude-other');
        return splice(body, edit === undefined ? [] : [edit]);
      });
      const parse = medianMicros(() => JSON.parse(body.toString()) as unknown);
      const rewrite = medianMicros(() => Buffer.from(JSON.stringify(JSON.parse(body.toString()))));
      const row = { scan, 'scan+splice': spliced, parse, 'parse+stringify': rewrite };
      const rounded = Object.fromEntries(Object.entries(row).map(([key, value]) => [key, micros(value)]));
      return [name, { bytes: body.length, ...rounded, ratio: micros(scan / parse) }];
    }),
  ),
);

/** A hundred events in one chunk of about 16 KB, after the first content, without the protocol's end. */
function burst(fixture: string, delta: string): { head: Buffer; burst: Buffer } {
  const file = new URL(`../../test/fixtures/streams/${fixture}.sse`, import.meta.url);
  const events = readFileSync(file, 'utf8').split('\n\n');
  const found = events.findIndex((event) => event.includes(delta));
  const event = `${events[found]!.replace(delta, `${delta}${'x'.repeat(Math.max(0, 158 - events[found]!.length))}`)}\n\n`;
  return {
    head: Buffer.from(`${events.slice(0, found + 1).join('\n\n')}\n\n`),
    burst: Buffer.from(event.repeat(100)),
  };
}

const streams: Array<[SurfaceName, string, string]> = [
  ['anthropic-messages', 'anthropic-text', 'Hello'],
  ['openai-chat', 'chat-text-no-usage', 'Hello'],
  ['openai-responses', 'responses-full', 'Hi'],
];

console.table(
  Object.fromEntries(
    streams.map(([protocol, fixture, delta]) => {
      const { head, burst: chunk } = burst(fixture, delta);
      const tap = createStreamTap(protocol);
      tap.push(head);
      const before = tap.outputTokens;
      tap.push(chunk);
      const pieces = Array.from({ length: 100 }, (_, i) =>
        chunk.subarray((i * chunk.length) / 100, ((i + 1) * chunk.length) / 100),
      );
      return [
        protocol,
        {
          bytes: chunk.length,
          events: tap.outputTokens - before,
          'one chunk': micros(medianMicros(() => tap.push(chunk))),
          'one by one': micros(medianMicros(() => pieces.forEach((piece) => tap.push(piece)))),
        },
      ];
    }),
  ),
);

const answer = Buffer.from(
  JSON.stringify({
    content: [{ text: 'x'.repeat(1024 * KIB) }],
    usage: { input_tokens: 1, output_tokens: 2 },
  }),
);
console.log(
  `usage of a 1 MiB JSON answer: ${micros(medianMicros(() => readJsonUsage('anthropic-messages', answer)))} µs`,
);
