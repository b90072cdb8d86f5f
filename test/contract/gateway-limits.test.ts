import { TeamStore, type ClientKeyInput } from '@muxgate/clients';
import { budgetsSpent } from '@muxgate/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedEvents } from '../support/events.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { eventually } from '../support/wait.ts';
import {
  json,
  post,
  startGateway,
  startUpstream,
  yamlFor,
  type FakeUpstream,
  type RawAnswer,
  type TestGateway,
} from './gateway.support.ts';

/** 1 USD for a million tokens of either kind, so that a token is 1000 nano-USD. */
const PRICED = `  - { name: priced, targets: [{ provider: patient, model: up-m }], pricing: { input: 1, output: 1 } }
  - { name: scarce, targets: [{ provider: patient, model: up-m }], limits: { requestsPerMinute: 4 } }`;

let redis: TestRedis;
let upstream: FakeUpstream;
let gateways: TestGateway[];
let release: Array<() => void> = [];

const message = (input: number, output: number): object => ({
  type: 'message',
  usage: { input_tokens: input, output_tokens: output, cache_read_input_tokens: 3 },
});

beforeAll(async () => {
  redis = await startRedis();
  upstream = await startUpstream(json(200, message(10, 5)));
  const tuning = { heartbeatMs: 200 };
  gateways = await Promise.all(
    [1, 2, 3].map(() => startGateway(redis.url, yamlFor(upstream.url, PRICED), { tuning })),
  );
});
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.shutDown()));
  await upstream.close();
});

const at = (index: number): TestGateway => gateways[index % gateways.length] as TestGateway;

async function keyWith(settings: Omit<ClientKeyInput, 'name'>): Promise<{ id: string; key: string }> {
  const { client, key } = await at(0).keys.create({ name: 'limited', ...settings });
  return { id: client.id, key };
}

function ask(key: string, index = 0, body: object = {}, path = '/v1/messages'): Promise<RawAnswer> {
  const text = JSON.stringify({ model: 'patient', max_tokens: 10, messages: [], ...body });
  return post(at(index).url + path, text, { 'x-api-key': key });
}

/** Types of the events about a budget. */
async function toldOf(subject: string): Promise<string[]> {
  const events = await publishedEvents(at(0).redis);
  return events.flatMap((event) => (event.subject === subject ? [event.type] : [])).toSorted();
}

const errorOf = (answer: RawAnswer) =>
  (JSON.parse(answer.text) as { error: { type: string; code?: string } }).error;
const tally = (answers: readonly RawAnswer[]): Record<number, number> =>
  Object.fromEntries(
    [...new Set(answers.map(({ status }) => status))].map((status) => [status, countOf(answers, status)]),
  );
const countOf = (answers: readonly RawAnswer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

describe('requests per minute', () => {
  it('are exact over replicas, whenever they come', async () => {
    const { key } = await keyWith({ limits: { requestsPerMinute: 20 } });
    const burst = async (): Promise<RawAnswer[]> =>
      Promise.all(Array.from({ length: 90 }, (_, index) => ask(key, index)));
    const first = await burst();
    expect(tally(first)).toEqual({ 200: 20, 429: 70 });
    const refused = first.find(({ status }) => status === 429) as RawAnswer;
    expect(errorOf(refused).type).toBe('rate_limit_error');
    const wait = Number(refused.headers['retry-after']);
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(60);
  });

  it('tell SDKs what is left, and leave alone what an upstream tells', async () => {
    const { key } = await keyWith({ limits: { requestsPerMinute: 2, tokensPerMinute: 1_000 } });
    const { headers } = await ask(key);
    expect(headers).toMatchObject({
      'anthropic-ratelimit-requests-limit': '2',
      'anthropic-ratelimit-requests-remaining': '1',
      'anthropic-ratelimit-tokens-limit': '1000',
    });
    expect(headers['anthropic-ratelimit-requests-reset']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const chat = await ask(key, 1, { model: 'gpt' }, '/v1/chat/completions');
    expect(chat.headers).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '60s',
    });
    const refused = await ask(key, 2, { model: 'gpt' }, '/v1/chat/completions');
    expect([refused.status, errorOf(refused)]).toEqual([
      429,
      expect.objectContaining({ type: 'rate_limit_error', code: 'rate_limit_exceeded' }),
    ]);

    const own = { 'anthropic-ratelimit-requests-remaining': '77' };
    upstream.answer = json(200, message(1, 1), own);
    const { key: other } = await keyWith({ limits: { requestsPerMinute: 2 } });
    const passed = await ask(other);
    upstream.answer = json(200, message(10, 5));
    expect(passed.headers['anthropic-ratelimit-requests-remaining']).toBe('77');
    expect(passed.headers).not.toHaveProperty('anthropic-ratelimit-requests-limit');
  });

  it('of a team are shared by its keys, those of a model by all', async () => {
    await new TeamStore(at(0).redis).put({ name: 'shared', limits: { requestsPerMinute: 5 } });
    const keys = await Promise.all([1, 2].map(() => keyWith({ team: 'shared' })));
    const answers = await eventually(async () => {
      const all = await Promise.all(
        Array.from({ length: 12 }, (_, index) => ask(keys[index % 2]?.key ?? '', index)),
      );
      return countOf(all, 429) > 0 ? all : false;
    });
    expect(countOf(answers, 200)).toBeLessThanOrEqual(5);

    const anyone = await Promise.all([1, 2].map(() => keyWith({})));
    const scarce = await Promise.all(
      Array.from({ length: 10 }, (_, index) => ask(anyone[index % 2]?.key ?? '', index, { model: 'scarce' })),
    );
    expect(countOf(scarce, 200)).toBe(4);
  });

  it('that one limit refuses are taken from none', async () => {
    const { key } = await keyWith({ limits: { requestsPerMinute: 3, concurrentRequests: 1 } });
    await holding(async () => {
      const first = ask(key);
      await eventually(() => release.length === 1);
      const others = await Promise.all([1, 2, 3, 4].map((index) => ask(key, index)));
      expect(countOf(others, 429)).toBe(4);
      const refused = others[0] as RawAnswer;
      expect(errorOf(refused).type).toBe('rate_limit_error');
      // a slot may be free in a second; the window is empty no sooner than before
      expect(refused.headers['retry-after']).toBe('1');
      const reset = Date.parse(String(refused.headers['anthropic-ratelimit-requests-reset']));
      expect(reset - Date.now()).toBeGreaterThan(30_000);
      release[0]?.();
      expect((await first).headers['anthropic-ratelimit-requests-remaining']).toBe('2');
    });
    await eventually(async () =>
      expect((await ask(key)).headers['anthropic-ratelimit-requests-remaining']).toBe('1'),
    );
  });

  it('are told in the metrics by whose limit it was', async () => {
    const pages = gateways.map(async ({ managementUrl }) => (await fetch(`${managementUrl}/metrics`)).text());
    const metrics = (await Promise.all(pages)).join('');
    expect(metrics).toMatch(/muxgate_rate_limited_total\{[^}]*scope="key"[^}]*\} [1-9]/);
    expect(metrics).toMatch(/muxgate_rate_limited_total\{[^}]*scope="model"[^}]*\} [1-9]/);
    expect(metrics).toMatch(/^muxgate_limits_local\S* 0$/m);
  });
});

describe('tokens per minute', () => {
  it('are reserved by an estimate and settled by what was used', async () => {
    const { key } = await keyWith({ limits: { tokensPerMinute: 100 } });
    const left: number[] = [];
    for (let turn = 0; turn < 8; turn++) {
      const { status, headers } = await ask(key, turn);
      if (status !== 200) break;
      left.push(Number(headers['anthropic-ratelimit-tokens-remaining']));
    }
    // each used 10 + 5 + 3, and was thought to use as much as its body and max_tokens let expect
    const estimate = 100 - (left[0] ?? 0);
    expect(left).toEqual(left.map((_, turn) => 100 - turn * 18 - estimate));
    expect(left.length).toBe(Math.floor((100 - estimate) / 18) + 1);
  });

  it('let a request through that alone is estimated above the limit, into an empty window', async () => {
    const { key } = await keyWith({ limits: { tokensPerMinute: 30 } });
    const answers = [await ask(key, 0, { max_tokens: 4_000 }), await ask(key, 1, { max_tokens: 4_000 })];
    expect(answers.map(({ status }) => status)).toEqual([200, 429]);
  });
});

describe('requests at once', () => {
  it('are counted over replicas and given back when they end, however they end', async () => {
    const { key } = await keyWith({ limits: { concurrentRequests: 3 } });
    await holding(async () => {
      const held = [0, 1, 2].map((index) => ask(key, index));
      await eventually(() => release.length === 3);
      const more = await Promise.all([0, 1, 2].map((index) => ask(key, index)));
      expect(more.map(({ status }) => status)).toEqual([429, 429, 429]);
      for (const end of release) end();
      await Promise.all(held);
    });
    await eventually(async () => expect((await ask(key)).status).toBe(200));

    await holding(async () => {
      const leaving = new AbortController();
      const body = JSON.stringify({ model: 'patient', messages: [] });
      const headers = { 'x-api-key': key };
      const gone = [0, 1, 2].map((index) =>
        fetch(`${at(index).url}/v1/messages`, {
          method: 'POST',
          body,
          headers,
          signal: leaving.signal,
        }).catch(() => undefined),
      );
      await eventually(() => release.length === 3);
      leaving.abort();
      await Promise.all(gone);
    });
    await eventually(async () => expect((await ask(key)).status).toBe(200));
  });
});

describe('a budget', () => {
  it('stops at what is spent and in flight, tells when it begins anew, and warns before', async () => {
    const usd = 200 * 18e-6; // 200 requests of 18 tokens
    const { id, key } = await keyWith({ budget: { usd, period: 'month', warnAtPercent: 50 } });
    const answers: RawAnswer[] = [];
    for (let round = 0; round < 30; round++) {
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, index) => ask(key, index, { model: 'priced' })),
      );
      answers.push(...all);
    }
    const served = countOf(answers, 200);
    // what a budget lets through while others are in flight depends on their estimates, which are too high here
    expect(served).toBeGreaterThanOrEqual(200);
    expect(served).toBeLessThanOrEqual(200 + 10);
    const refused = answers.at(-1) as RawAnswer;
    expect([refused.status, errorOf(refused).type]).toEqual([429, 'rate_limit_error']);
    const now = new Date();
    const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
    const wait = Number(refused.headers['retry-after']);
    expect(Math.abs(wait - (end - now.getTime()) / 1000)).toBeLessThan(60);
    const scope = `key:${id}:month:${now.toISOString().slice(0, 8)}01`;
    const spent = await eventually(async () => {
      const nano = (await budgetsSpent(at(0).redis, [scope])).get(scope);
      return nano === served * 18_000 ? nano : false;
    });
    expect(spent).toBe(served * 18_000);
    expect(await toldOf(id)).toEqual(['budget.exhausted', 'budget.threshold']);
  });

  it('that is raised keeps what was spent, and tells people again', async () => {
    const budget = { usd: 2 * 18e-6, period: 'month', warnAtPercent: 100 } as const;
    const { id, key } = await keyWith({ budget });
    const untilRefused = async () => {
      for (let served = 0; ; served++)
        if ((await ask(key, 0, { model: 'priced' })).status !== 200) return served;
    };
    expect(await untilRefused()).toBe(2);
    await at(0).keys.update(id, { budget: { ...budget, usd: 5 * 18e-6 } });
    await eventually(async () => (await ask(key, 0, { model: 'priced' })).status === 200);
    expect(await untilRefused()).toBe(2);
    const twice = ['budget.exhausted', 'budget.exhausted', 'budget.threshold', 'budget.threshold'];
    await eventually(async () => (await toldOf(id)).length === twice.length);
    expect(await toldOf(id)).toEqual(twice);
  });
});

describe('while Redis is away', () => {
  it('each replica keeps its share, says so, and nothing waits', async () => {
    const { key } = await keyWith({ limits: { requestsPerMinute: 30, concurrentRequests: 100 } });
    await ask(key);
    await Promise.all(gateways.map((_, index) => ask(key, index)));
    await redis.kill();
    const local = async (gateway: TestGateway) =>
      /^muxgate_limits_local\S* 1$/m.test(await (await fetch(`${gateway.managementUrl}/metrics`)).text());
    await eventually(async () => (await Promise.all(gateways.map(local))).every(Boolean));
    for (const index of [0, 1, 2]) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(key, index)));
      expect(tally(answers)).toEqual({ 200: 10, 429: 10 });
    }
    await redis.restart();
    await eventually(async () => !(await Promise.all(gateways.map(local))).some(Boolean));
  });
});

/** Upstream answers nothing until it is released. */
async function holding(run: () => Promise<void>): Promise<void> {
  const { answer } = upstream;
  release = [];
  upstream.answer = (request, res) =>
    void release.push(() => {
      if (!res.headersSent && !res.destroyed) void answer(request, res);
    });
  try {
    await run();
  } finally {
    for (const end of release) end();
    upstream.answer = answer;
    release = [];
  }
}
