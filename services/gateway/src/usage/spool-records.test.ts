import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger } from '@muxgate/runtime';
import {
  ATTEMPT,
  NO_BILL,
  packGroup,
  packParties,
  readRecords,
  REQUEST,
  Subject,
  UsageBatch,
  type AttemptEvent,
  type RequestEvent,
  type UsageEvent,
} from '@muxgate/usage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bills, facts, parties } from '../../../../test/support/usage.ts';
import { temporaryDirectory } from '../../../../test/support/temporary-directory.ts';
import { Spool } from './spool.js';
import { readSpool, REQUEST_OF_ONE, SUBJECT, type SpoolEntry } from './spool-records.js';

const subjects = fc.record({ who: parties, hasTarget: fc.boolean() }).map(({ who, hasTarget }) => {
  return new Subject(hasTarget ? packGroup(who) : null, packParties(who));
});
const attempts = fc
  .record({ subject: subjects, at: fc.nat(), bill: bills })
  .map(({ subject, at, bill }): AttemptEvent => ({ type: 'attempt', subject, at, ...bill }));
const requests = fc
  .record({ subject: subjects, what: facts, error: fc.boolean(), bill: bills })
  .map(({ subject, what, error, bill }): RequestEvent => ({
    type: 'request',
    subject,
    error,
    ...what,
    bill,
  }));
const number = fc.integer({ min: 1, max: 0xffff_ffff });

const entries = fc.oneof(
  fc.record({ kind: fc.constant('event'), event: attempts, closes: fc.option(number, { nil: undefined }) }),
  fc.record({ kind: fc.constant('event'), event: requests, closes: fc.constant(undefined) }),
  fc.record({ kind: fc.constant('open'), open: number, attempt: attempts, request: requests }),
  fc.record({ kind: fc.constant('batch'), sequence: number }),
  fc.constant({ kind: 'scraped' }),
) as fc.Arbitrary<SpoolEntry>;

function write(spool: Spool, entry: SpoolEntry): void {
  switch (entry.kind) {
    case 'event':
      if (entry.event.type === 'attempt') spool.attempt(entry.event, entry.closes);
      else spool.request(entry.event);
      break;
    case 'open':
      spool.open(entry.open, entry.attempt, entry.request);
      break;
    case 'batch':
      spool.batch(entry.sequence);
      break;
    default:
      spool.scraped();
  }
}

/** A spool of these entries, and its length after each. */
async function spoolOf(all: readonly SpoolEntry[]): Promise<{ bytes: Buffer; ends: number[] }> {
  const directory = await temporaryDirectory();
  const spool = new Spool(directory, createLogger('test', 'silent'));
  const path = join(directory, readdirSync(directory)[0] as string);
  const ends = all.map((entry) => {
    write(spool, entry);
    spool.flush();
    return readFileSync(path).length;
  });
  const bytes = readFileSync(path);
  spool.close(true);
  return { bytes, ends };
}

/** Numbers of subjects are of the process that has made them. */
function plain(all: readonly SpoolEntry[]): unknown {
  return JSON.parse(JSON.stringify(all, (name, value: unknown) => (name === 'number' ? undefined : value)));
}

describe('a spool', () => {
  it('says what it was told, also where it was cut off at any byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entries, { minLength: 1, maxLength: 6 }), async (all) => {
        const { bytes, ends } = await spoolOf(all);
        for (let length = 0; length <= bytes.length; length++) {
          const whole = ends.filter((end) => end <= length).length;
          expect(readSpool([bytes.subarray(0, length)]).entries).toHaveLength(whole);
        }
        expect(plain(readSpool([bytes]).entries)).toEqual(plain(all));
        expect(readSpool([bytes]).unreadBytes).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('says an attempt with its request, where they are one, and each by itself else', async () => {
    const directory = await temporaryDirectory();
    const spool = new Spool(directory, createLogger('test', 'silent'));
    const [sample] = fc.sample(requests, 1) as [RequestEvent];
    const subject = new Subject('["k","t","m","p"]', '');
    const attempt: AttemptEvent = { ...NO_BILL, type: 'attempt', at: 20, subject, inputTokens: 10 };
    const request: RequestEvent = { ...sample, subject, startedAt: 1, durationMs: 20, bill: attempt };
    const another = { ...attempt, outputTokens: 5 };
    const other = { ...request, subject: new Subject('["k","t","n","p"]', '') };
    const told: UsageEvent[] = [attempt, request, another, request, attempt, other, request, attempt];
    for (const event of told)
      if (event.type === 'attempt') spool.attempt(event, undefined);
      else spool.request(event);
    spool.flush();
    const [file = ''] = readdirSync(directory);
    const bytes = readFileSync(join(directory, file));
    const types = readRecords(bytes).map(({ type }) => type);
    const one = REQUEST_OF_ONE;
    expect(types.filter((type) => type !== SUBJECT)).toEqual([one, REQUEST, ATTEMPT, REQUEST, one, ATTEMPT]);
    const sums = (events: readonly UsageEvent[]): unknown => {
      const batch = new UsageBatch('UTC', { rows: 100, groups: 100 });
      for (const event of events) batch.add(event, 0);
      return [batch.rowCount, ...batch.hours, ...batch.minutes];
    };
    const { entries: read } = readSpool([bytes]);
    expect(sums(read.flatMap((entry) => ('event' in entry ? [entry.event] : [])))).toEqual(sums(told));
    spool.close(true);
  });

  it('goes on in another file, where it says again what records are about', async () => {
    const directory = await temporaryDirectory();
    const spool = new Spool(directory, createLogger('test', 'silent'));
    const [one, other] = fc.sample(attempts, 2) as [AttemptEvent, AttemptEvent];
    spool.attempt(one, undefined);
    spool.rotate()();
    spool.unseen([one, other]);
    spool.flush();
    const [file = ''] = readdirSync(directory);
    const read = readSpool([readFileSync(join(directory, file))]);
    expect(plain(read.entries)).toEqual(
      plain([{ kind: 'scraped' }, { kind: 'unseen', event: one }, { kind: 'unseen', event: other }]),
    );
    spool.close(true);
  });

  it('keeps what it said when anything else follows, and tells how much that was', async () => {
    const { bytes } = await spoolOf(fc.sample(entries, 5));
    const whole = plain(readSpool([bytes]).entries);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (garbage) => {
        garbage[0] = ATTEMPT;
        garbage.fill(0xff, 4, 8); // of a subject that nothing was said of
        const read = readSpool([Buffer.concat([bytes, garbage])]);
        expect(plain(read.entries)).toEqual(whole);
        expect(read.unreadBytes).toBe(garbage.length);
      }),
    );
  });
});
