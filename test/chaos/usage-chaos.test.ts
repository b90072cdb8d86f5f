import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startStack, type RunningStack } from '../support/processes.js';
import { sandboxProvider } from '../support/sandbox-provider.ts';
import { eventually } from '../support/wait.js';

/** `USAGE_CHAOS_REQUESTS=10000` is the long run. */
const REQUESTS = Number(process.env['USAGE_CHAOS_REQUESTS'] ?? 300);
const AT_ONCE = 20;

const PRICING = 'pricing: { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 }';
const CONFIG = `
version: 1
oauthProviders:
${sandboxProvider()}providers:
  - { name: anthropic, protocol: anthropic-messages, baseUrl: '\${MUXGATE_SANDBOX_URL}', auth: { type: oauth, credential: sandbox }, allowPrivateNetwork: true }
  - { name: failing, protocol: anthropic-messages, baseUrl: '\${MUXGATE_SANDBOX_URL}', auth: { type: oauth, credential: sandbox }, allowPrivateNetwork: true, headers: { x-sandbox-status: '529' } }
  - { name: openai, protocol: openai-chat, baseUrl: '\${MUXGATE_SANDBOX_URL}/v1', auth: { type: oauth, credential: sandbox }, allowPrivateNetwork: true }
models:
  - { name: claude, targets: [{ provider: anthropic, model: claude-sandbox-1 }], ${PRICING} }
  - { name: flaky, targets: [{ provider: failing, model: claude-sandbox-1 }, { provider: anthropic, model: claude-sandbox-1, priority: 2 }], ${PRICING} }
  - { name: gpt, targets: [{ provider: openai, model: gpt-sandbox-1 }], ${PRICING} }
`;

interface Tokens {
  input: number;
  output: number;
  cacheRead: number;
  cacheCreation: number;
}

interface Billed {
  whole: Tokens & { answers: number };
  interrupted: Tokens & { answers: number };
}

const KINDS = ['json', 'stream', 'chat', 'translated', 'failover', 'truncated', 'aborted'] as const;
type Kind = (typeof KINDS)[number];

async function send(stack: RunningStack, kind: Kind, at: number): Promise<void> {
  const chat = kind === 'chat';
  const model = { failover: 'flaky', chat: 'gpt', translated: 'gpt' }[kind as string] ?? 'claude';
  const aborted = new AbortController();
  const response = await fetch(`${stack.gateway.url}/v1/${chat ? 'chat/completions' : 'messages'}`, {
    method: 'POST',
    signal: aborted.signal,
    headers: {
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-api-key': stack.clientKey,
      'x-sandbox-interval-ms': kind === 'aborted' ? '20' : '1',
      ...(kind === 'aborted' ? { 'x-sandbox-events': '200' } : {}),
      ...(kind === 'truncated' ? { 'x-sandbox-fail': 'truncate' } : {}),
    },
    body: JSON.stringify({
      model,
      max_tokens: 500,
      stream: kind !== 'json' && kind !== 'failover',
      ...(chat ? { stream_options: { include_usage: true } } : {}),
      messages: [{ role: 'user', content: `request ${at} of a kind: ${kind} `.repeat(1 + (at % 7)) }],
    }),
  });
  if (kind !== 'aborted') return void (await response.text());
  const reader = response.body!.getReader();
  for (let chunks = 0; chunks < 5 + (at % 9); chunks++) await reader.read();
  aborted.abort();
}

const wasServed = (stack: RunningStack, at: number): Promise<boolean> =>
  send(stack, KINDS[at % KINDS.length]!, at).then(
    () => true,
    () => false,
  );

/** All requests, so many at a time; one that a kill cost is sent again. How many were. */
async function run(stack: RunningStack, from: number, to: number): Promise<number> {
  let next = from;
  let repeated = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < to; at = next++)
      while (!(await wasServed(stack, at))) {
        repeated++;
        await sleep(200);
      }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return repeated;
}

async function scrape(stack: RunningStack): Promise<Tokens & { nanoUsd: number }> {
  const text = await (await fetch(`${stack.gateway.managementUrl}/metrics`)).text();
  const sum = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
  const tokens = (type: string): number =>
    sum(new RegExp(`^muxgate_tokens_total\\{type="${type}".*\\} (\\S+)$`, 'gm'));
  return {
    input: tokens('input'),
    output: tokens('output'),
    cacheRead: tokens('cache_read'),
    cacheCreation: tokens('cache_creation'),
    nanoUsd: Math.round(sum(/^muxgate_cost_usd_total\{.*\} (\S+)$/gm) * 1e9),
  };
}

async function usage(stack: RunningStack) {
  const { body } = await stack.admin('GET', '/api/usage?groupBy=model,provider,key,team,day');
  const { totals } = body as { totals: Record<string, number> };
  return {
    input: totals['inputTokens']!,
    output: totals['outputTokens']!,
    cacheRead: totals['cacheReadTokens']!,
    cacheCreation: totals['cacheCreationTokens']!,
    nanoUsd: totals['costNanoUsd']!,
    requests: totals['requests']!,
    attempts: totals['attempts']!,
    estimated: totals['estimatedAttempts']!,
  };
}

async function billed(stack: RunningStack): Promise<Billed> {
  const { api } = (await (await fetch(`${stack.sandbox.url}/sandbox/stats`)).json()) as {
    api: { billedByModel: Record<string, Billed> };
  };
  const sums: Billed = {
    whole: { answers: 0, input: 0, output: 0, cacheRead: 0, cacheCreation: 0 },
    interrupted: { answers: 0, input: 0, output: 0, cacheRead: 0, cacheCreation: 0 },
  };
  for (const model of Object.values(api.billedByModel))
    for (const kind of ['whole', 'interrupted'] as const)
      for (const name of ['answers', 'input', 'output', 'cacheRead', 'cacheCreation'] as const)
        sums[kind][name] += model[kind][name];
  return sums;
}

/** What the log has of requests whose usage the vendor told. */
async function told(stack: RunningStack): Promise<Tokens & { answers: number }> {
  const sums = { answers: 0, input: 0, output: 0, cacheRead: 0, cacheCreation: 0 };
  let cursor = '';
  do {
    const { body } = await stack.admin('GET', `/api/requests?limit=1000${cursor}`);
    const page = body as {
      items: Array<Record<string, number> & { estimated: boolean }>;
      nextCursor?: string;
    };
    for (const row of page.items) {
      if (row.estimated || row['inputTokens'] === 0) continue;
      sums.answers++;
      sums.input += row['inputTokens']!;
      sums.output += row['outputTokens']!;
      sums.cacheRead += row['cacheReadTokens']!;
      sums.cacheCreation += row['cacheCreationTokens']!;
    }
    cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
  } while (cursor !== '');
  return sums;
}

const minus = (one: Tokens, other: Tokens): Tokens => ({
  input: one.input - other.input,
  output: one.output - other.output,
  cacheRead: one.cacheRead - other.cacheRead,
  cacheCreation: one.cacheCreation - other.cacheCreation,
});

describe('what was used', () => {
  it(
    'is the same in /api/usage, for Prometheus and at the vendor, also when a gateway is killed',
    { timeout: 3_600_000 },
    async () => {
      const stack = await startStack({ config: CONFIG, tokenSeconds: 3_600 });
      const half = Math.floor(REQUESTS / 2);
      await run(stack, 0, half);

      // nothing is open: the vendor has told of every whole answer
      const settled = await eventually(
        async () => {
          const [accounts, vendor, exact] = [await usage(stack), await billed(stack), await told(stack)];
          expect({ ...exact }).toEqual({ ...vendor.whole });
          expect(accounts.requests).toBe(half);
          return { accounts, vendor };
        },
        30_000,
        250,
      );
      const first = await scrape(stack);
      expect(first).toEqual(pick(settled.accounts, first));

      const load = run(stack, half, REQUESTS);
      await sleep(Math.min(3_000, REQUESTS * 2));
      const seen = await scrape(stack);
      await sleep(300);
      await stack.gateway.kill('SIGKILL');
      await stack.gateway.restart();
      const repeated = await load;
      const end = await eventually(
        async () => {
          const [accounts, counters] = [await usage(stack), await scrape(stack)];
          // a scrape before the kill, and what the process after it counted
          const prometheus = { ...counters };
          for (const name of Object.keys(seen) as Array<keyof typeof seen>) prometheus[name] += seen[name];
          expect(prometheus).toEqual(pick(accounts, prometheus));
          return { accounts, prometheus };
        },
        60_000,
        500,
      );
      const vendor = await billed(stack);
      const exact = await told(stack);
      const all = {
        input: vendor.whole.input + vendor.interrupted.input,
        output: vendor.whole.output + vendor.interrupted.output,
        cacheRead: vendor.whole.cacheRead + vendor.interrupted.cacheRead,
        cacheCreation: vendor.whole.cacheCreation + vendor.interrupted.cacheCreation,
      };
      console.log(
        JSON.stringify(
          {
            requests: REQUESTS,
            repeated,
            usage: end.accounts,
            prometheus: end.prometheus,
            vendor: all,
            difference: minus(end.accounts, all),
            whole: { vendor: vendor.whole, ledger: exact },
            interrupted: { vendor: vendor.interrupted, ledger: minus(end.accounts, exact) },
          },
          null,
          1,
        ),
      );
      // answers that were on their way to a gateway when it was killed: it had not read what they cost
      const lost = vendor.whole.answers - exact.answers;
      expect(lost).toBeGreaterThanOrEqual(0);
      expect(lost).toBeLessThanOrEqual(2 * AT_ONCE);
      const estimated = minus(end.accounts, exact);
      expect(estimated.output / vendor.interrupted.output).toBeGreaterThan(0.7);
      expect(estimated.output / vendor.interrupted.output).toBeLessThan(1.3);
      await stack.stop();
    },
  );
});

function pick<T extends object>(from: T, like: object): Partial<T> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => name in like)) as Partial<T>;
}
