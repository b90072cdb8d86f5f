import { readdir } from 'node:fs/promises';
import { createLogger } from '@muxgate/runtime';
import {
  NO_BILL,
  packGroup,
  packParties,
  RequestLog,
  Subject,
  UsageReader,
  UsageWriter,
  type AttemptEvent,
  type RequestEvent,
} from '@muxgate/usage';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '../../../../test/support/redis.ts';
import { PARTIES } from '../../../../test/support/usage.ts';
import { temporaryDirectory } from '../../../../test/support/temporary-directory.ts';
import { eventually } from '../../../../test/support/wait.ts';
import { inheritSpools } from './inherit-spools.js';
import { Spool } from './spool.js';
import { Tallies } from './tallies.js';
import { UsageLedger } from './usage-ledger.js';

const logger = createLogger('test', 'silent');
const SUBJECT = new Subject(packGroup(PARTIES), packParties(PARTIES));
const settings = () => ({ timeZone: 'UTC', maxRows: 100_000 });

let server: TestRedis;
let redis: Redis;
let directory: string;
let dropped: string[];

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url, { commandTimeout: 500, maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
});
beforeEach(async () => {
  await redis.flushall();
  directory = await temporaryDirectory();
  dropped = [];
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

function attempt(inputTokens = 1): AttemptEvent {
  return {
    type: 'attempt',
    at: Date.now(),
    subject: SUBJECT,
    inputTokens,
    outputTokens: 1,
    cacheReadTokens: 0,
    cacheCreationTokens: 0,
    reasoningTokens: 0,
    costNanoUsd: 10,
    estimated: false,
  };
}

function request(requestId: string, outcome = 'answered'): RequestEvent {
  return {
    type: 'request',
    subject: SUBJECT,
    error: false,
    requestId,
    startedAt: Date.now(),
    status: 200,
    outcome,
    stream: true,
    attempts: 1,
    durationMs: 1,
    firstTokenMs: 1,
    bill: NO_BILL,
  };
}

/** Of a process that is killed: nothing that it sends arrives any more. */
class Mortal extends UsageWriter {
  dead = false;

  override add(...batch: Parameters<UsageWriter['add']>): Promise<void> {
    return this.dead ? new Promise(() => undefined) : super.add(...batch);
  }
}

function gateway() {
  const writer = new Mortal(redis);
  const spool = new Spool(directory, logger);
  const tallies: Tallies = new Tallies(new Registry(), () => ledger.scraped());
  const drop = (kind: string): unknown => dropped.push(kind);
  const ledger: UsageLedger = new UsageLedger(writer, spool, settings, drop, () => tallies.unseen(), logger);
  return { spool, ledger, writer };
}

/** What an heir books, and what it counts for Prometheus. */
async function inherit(): Promise<number[]> {
  const counted: number[] = [];
  const count = (event: AttemptEvent): unknown => counted.push(event.inputTokens);
  await inheritSpools({
    directory,
    own: 'nobody~1~0',
    writer: new UsageWriter(redis),
    settings,
    count,
    logger,
  });
  return counted;
}

async function totals() {
  const range = { from: Date.now() - 3_600_000, to: Date.now() + 3_600_000, timeZone: 'UTC' };
  return (await new UsageReader(redis).query({ ...range, groupBy: [], maxGroups: 1 }))!.totals;
}

it('what a ledger heard is in Redis when it has stopped, and its spool is gone', async () => {
  const { ledger } = gateway();
  for (let at = 0; at < 2_500; at++) {
    ledger.attempt(attempt(), undefined);
    ledger.request(request(`req_${at}`));
  }
  await ledger.stop(5_000);
  expect(await totals()).toMatchObject({ requests: 2_500, attempts: 2_500, costNanoUsd: 25_000 });
  expect(await readdir(directory)).toEqual([]);
});

it('what a killed gateway had not written is booked by the next, once, and what was open as it last stood', async () => {
  const { ledger, writer, spool } = gateway();
  ledger.attempt(attempt(), undefined);
  ledger.start();
  await eventually(async () => (await totals()).attempts === 1);
  ledger.checkpoint(1, attempt(20), request('open', 'gateway_lost'));
  ledger.checkpoint(1, attempt(30), request('open', 'gateway_lost'));
  ledger.checkpoint(2, attempt(5), request('closed', 'gateway_lost'));
  writer.dead = true;
  ledger.attempt(attempt(7), 2);
  spool.flush();
  expect(await Promise.all([inherit(), inherit()])).toContainEqual([1, 7, 30]);
  await inherit();
  expect(await totals()).toMatchObject({ attempts: 3, inputTokens: 1 + 7 + 30, requests: 1 });
  expect((await new RequestLog(redis).list({ limit: 9 })).items).toMatchObject([
    { requestId: 'open', outcome: 'gateway_lost' },
  ]);
});

it('the heir counts for Prometheus what no scrape has seen, also where the file was begun anew', async () => {
  const { ledger, spool } = gateway();
  ledger.attempt(attempt(1), undefined);
  ledger.scraped();
  ledger.attempt(attempt(2), undefined);
  spool.flush();
  expect(spool.isLarge).toBe(false);
  expect(await inherit()).toEqual([2]);
});

it('while Redis is away accounts wait; of what is beyond the bound only rows are dropped, and counted', async () => {
  const { ledger } = gateway();
  await server.kill();
  for (let at = 0; at < 51_500; at++) {
    ledger.attempt(attempt(), undefined);
    ledger.request(request(`req_${at}`));
  }
  expect(new Set(dropped)).toEqual(new Set(['request_log']));
  expect(dropped).toHaveLength(500);
  await server.restart();
  await eventually(async () => (await redis.ping()) === 'PONG');
  ledger.start();
  await eventually(async () => (await totals()).attempts === 51_500, 30_000, 200);
  expect((await totals()).requests).toBe(51_500);
  await ledger.stop(5_000);
}, 60_000);
