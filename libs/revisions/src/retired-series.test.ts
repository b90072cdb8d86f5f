import { ConfigSource, parseConfig } from '@muxgate/config';
import { Counter, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { eventually } from '../../../test/support/wait.ts';
import { dropRetiredSeries } from './retired-series.js';

const revision = (n: number) =>
  parseConfig(
    `version: 1
providers: [{ name: p, protocol: openai-chat, baseUrl: "https://llm.example", auth: { type: none } }]
models: [{ name: model-${n}, targets: [{ provider: p, model: up }] }]`,
    {},
    { revision: n },
  );

test('series of names that left the configuration longest ago are dropped, those in use and the last few stay', async () => {
  const registry = new Registry();
  const registers = [registry];
  const counter = new Counter({ name: 'c', help: 'c', labelNames: ['model', 'provider'], registers });
  const histogram = new Histogram({ name: 'h', help: 'h', labelNames: ['model'], registers });
  const source = new ConfigSource(revision(0));
  const dropped: string[] = [];
  dropRetiredSeries(registry, source, (names) => dropped.push(...names), 3);
  for (let n = 0; n < 20; n++) {
    source.swap(revision(n));
    counter.inc({ model: `model-${n}`, provider: 'p' });
    histogram.observe({ model: `model-${n}` }, 1);
  }
  const left = Array.from({ length: 4 }, (_, index) => `model-${16 + index}`);
  await eventually(async () => {
    for (const metric of [counter, histogram]) {
      const { values } = await metric.get();
      expect([...new Set(values.map(({ labels }) => String(labels.model)))]).toEqual(left);
    }
  });
  expect(dropped).toHaveLength(16);
});
