import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ConfigSnapshot } from '@muxgate/config';
import { RevisionStore } from '@muxgate/revisions';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import { json, post, startGateway, startUpstream } from './gateway.support.ts';

/** The figure of the issue is 1,000; a few show the same rules in `npm test`. */
const SWAPS = Number(process.env['MUXGATE_SWAPS'] ?? 60);
const CALLERS = 16;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Everything in a revision has its number in its name, so that a mixed decision would show. */
const document = (n: number, upstream: string): string => `version: 1
providers:
  - name: provider-${n}
    protocol: anthropic-messages
    baseUrl: "${upstream}/base-${n}"
    auth: { type: none }
    allowPrivateNetwork: true
    timeouts: { connectMs: ${2_000 + n} }
models:
  - { name: model-${n}, targets: [{ provider: provider-${n}, model: upstream-${n} }] }
router:
  default: model-${n}
  rules:
    - { name: rule-${n}, when: { model: "^ask$" }, use: model-${n} }
`;

test(`${SWAPS} revisions under load: no failed request, no mixed decision, bounded memory`, async () => {
  const redis = await startRedis();
  const client = new Redis(redis.url);
  const upstream = await startUpstream();
  upstream.answer = async (received, res) => {
    await delay(Math.random() * 10); // requests span swaps
    const { model } = JSON.parse(received.body.toString()) as { model: string };
    json(200, { url: received.url, model, usage: { input_tokens: 1, output_tokens: 1 } })(received, res);
    upstream.received.length = 0;
  };
  const gateway = await startGateway(redis.url, document(0, upstream.url), {
    tuning: { maxLoopDelayMs: 600_000 }, // a busy machine is not what is tested here
  });
  const revisions = new RevisionStore(client);

  let running = true;
  let answered = 0;
  const seen = new Set<string>();
  const faults: string[] = [];
  const caller = async (): Promise<void> => {
    while (running) {
      const answer = await post(
        `${gateway.url}/v1/messages`,
        '{"model":"ask","max_tokens":5,"messages":[]}',
        {
          'x-api-key': gateway.key,
        },
      );
      answered++;
      const { url = '', model = '' } = (answer.status === 200 ? JSON.parse(answer.text) : {}) as Record<
        string,
        string
      >;
      const {
        'x-muxgate-rule': rule,
        'x-muxgate-model': name,
        'x-muxgate-provider': provider,
      } = answer.headers;
      const n = /\d+$/.exec(String(rule))?.[0] ?? 'none';
      const one = `rule:rule-${n} model-${n} provider-${n} /base-${n}/v1/messages upstream-${n}`;
      const found = `${String(rule)} ${String(name)} ${String(provider)} ${url} ${model}`;
      if (answer.status !== 200 || found !== one) faults.push(`${answer.status}: ${found} ${answer.text}`);
      seen.add(n);
    }
  };
  const callers = Array.from({ length: CALLERS }, caller);

  /** One that came past auth all the same: this gateway lacks its variables, say. */
  const refusesMistaken = async (before: number): Promise<void> => {
    const text = document(before, upstream.url).replace('version: 1', 'version: 1\nmodles: []\nrooter: {}');
    const { number } = await revisions.commitFromApi({ text, by: 'test' });
    await eventually(async () => {
      const [report] = await revisions.replicas();
      const mistakes = [
        expect.stringContaining('modles: unknown key'),
        expect.stringContaining('rooter: unknown'),
      ];
      expect(report?.problem).toEqual({ revision: number, mistakes });
    });
    expect(gateway.config.current().revision).toBe(before);
  };

  let slowestMs = 0;
  const heap: number[] = [];
  const snapshots: WeakRef<ConfigSnapshot>[] = [];
  for (let n = 1; n <= SWAPS; n++) {
    const text = document(n, upstream.url);
    const { number } = await revisions.commitFromApi({ text, by: 'test' });
    const committedAt = performance.now();
    await eventually(() => gateway.config.current().revision === number, 30_000, 1);
    slowestMs = Math.max(slowestMs, performance.now() - committedAt);
    if (n % 20 === 10) await refusesMistaken(number);
    snapshots.push(new WeakRef(gateway.config.current()));
    if (n % Math.ceil(SWAPS / 10) === 0) {
      collectGarbage();
      heap.push(process.memoryUsage().heapUsed);
    }
  }
  running = false;
  await Promise.all(callers);
  const metrics = await (await fetch(`${gateway.managementUrl}/metrics`)).text();
  const providers = new Set(metrics.match(/provider="provider-\d+"/g));
  const megabytes = heap.map((bytes) => Math.round(bytes / 1e6));
  const alive = await eventually(() => {
    collectGarbage();
    const kept = snapshots.filter((snapshot) => snapshot.deref() !== undefined).length;
    return kept <= 2 && kept; // the one in force, and what a caller's last request may hold
  });
  console.log(
    `${SWAPS} swaps, ${answered} requests over ${seen.size} revisions, ${faults.length} faults; slowest swap ${Math.round(slowestMs)} ms; heap MB ${megabytes.join(' ')}; ` +
      `${providers.size} providers in metrics; ${alive} snapshots alive; metrics ${metrics.length} bytes`,
  );
  expect(faults).toEqual([]);
  expect(seen.size).toBeGreaterThan(SWAPS / 4);
  expect(providers.size).toBeLessThanOrEqual(201);
  expect((await revisions.list(1_000)).items.length).toBeLessThanOrEqual(100);
  await gateway.shutDown();
  client.disconnect();
  await upstream.close();
  await redis.stop();
}, 600_000);
