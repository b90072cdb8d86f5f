import { closeSync, openSync, writeSync } from 'node:fs';
import { readdir, readFile, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, type Logger } from '@muxgate/runtime';
import {
  endOf,
  UsageBatch,
  type AttemptEvent,
  type RequestEvent,
  type UsageEvent,
  type UsageWriter,
} from '@muxgate/usage';
import { readSpool, type SpoolEntry } from './spool-records.js';
import type { LedgerSettings } from './usage-ledger.js';

/** On another host nobody can tell whether a process lives; one that writes nothing for so long does not. */
const SILENT_MS = 600_000;
/** Hours older than this may be rolled up and gone: what comes so late counts for now. */
const LATE_MS = 5 * 24 * 3_600_000;
const FILE = /^(?<name>(?<host>[^~]+)~(?<pid>\d+)~[a-z0-9]+)~(?<generation>\d+)\.spool$/;
const WITHOUT_LIMIT = { rows: Infinity, groups: Infinity };

interface Heir {
  readonly directory: string;
  /** the spool of this process, which is nobody's to inherit */
  readonly own: string;
  readonly writer: UsageWriter;
  readonly settings: () => LedgerSettings;
  /** counts, for Prometheus, what no scrape has seen */
  readonly count: (event: AttemptEvent) => void;
  readonly logger: Logger;
}

interface Legacy {
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  /** in the order in which they were written */
  readonly files: string[];
}

/** Books what gateways that were killed have left: what Redis does not have, and what was open, as it last stood. */
export async function inheritSpools(heir: Heir): Promise<void> {
  for (const legacy of await legaciesIn(heir)) {
    if (!(await isAbandoned(heir, legacy))) continue;
    const release = claim(heir, legacy);
    if (release === undefined) continue;
    try {
      await settle(heir, legacy);
    } catch (error) {
      heir.logger.warn({ spool: legacy.name, reason: messageOf(error) }, 'a spool waits to be booked');
    } finally {
      await release();
    }
  }
}

async function legaciesIn({ directory, own }: Heir): Promise<Legacy[]> {
  const legacies = new Map<string, Legacy & { generations: Map<string, number> }>();
  for (const file of await readdir(directory).catch(() => [])) {
    const { name = '', host = '', pid, generation } = FILE.exec(file)?.groups ?? {};
    if (name === '' || name === own) continue;
    let legacy = legacies.get(name);
    if (legacy === undefined)
      legacies.set(name, (legacy = { name, host, pid: Number(pid), files: [], generations: new Map() }));
    legacy.files.push(file);
    legacy.generations.set(file, Number(generation));
  }
  for (const { files, generations } of legacies.values())
    files.sort((one, other) => (generations.get(one) ?? 0) - (generations.get(other) ?? 0));
  return [...legacies.values()];
}

async function isAbandoned({ directory }: Heir, { host, pid, files }: Legacy): Promise<boolean> {
  if (host === hostname()) return pid === process.pid || !isAlive(pid);
  const written = await Promise.all(
    files.map((file) =>
      stat(join(directory, file)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Date.now() - Math.max(...written) > SILENT_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** One heir at a time: two would count it twice for Prometheus. A claim whose holder has died falls with the next try. */
function claim({ directory, own, logger }: Heir, { name }: Legacy): (() => Promise<void>) | undefined {
  const path = join(directory, `${name}.claim`);
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, own);
    closeSync(file);
    return () => unlink(path).catch(() => undefined);
  } catch {
    readFile(path, 'utf8')
      .then((holder) => {
        const [host, pid] = holder.split('~');
        const dead = host === hostname() && holder !== own && !isAlive(Number(pid));
        return dead ? unlink(path) : undefined;
      })
      .catch((error: unknown) => logger.debug({ reason: messageOf(error) }, 'a claim could not be read'));
    return undefined;
  }
}

async function settle(heir: Heir, { name, files }: Legacy): Promise<void> {
  const { directory, writer, settings, logger } = heir;
  const spool = readSpool(await Promise.all(files.map((file) => readFile(join(directory, file)))));
  const left = whatIsLeft(spool.entries);
  const added = await writer.lastAdded(name);
  const batches = [
    ...left.batches,
    { sequence: left.lastSequence + 1, events: [...left.tail, ...left.open] },
  ];
  let booked = 0;
  for (const { sequence, events } of batches) {
    if (sequence <= added || events.length === 0) continue;
    const batch = new UsageBatch(settings().timeZone, WITHOUT_LIMIT);
    for (const event of events) batch.add(event, notTooLate(endOf(event)));
    await writer.add(name, sequence, batch, settings().maxRows);
    booked += events.length;
  }
  for (const event of left.unseen) heir.count(event);
  await Promise.all(files.map((file) => unlink(join(directory, file)).catch(() => undefined)));
  logger.info(
    { spool: name, booked, open: left.open.length, unreadBytes: spool.unreadBytes },
    'usage of a gateway that was killed is booked',
  );
}

interface Left {
  readonly batches: Array<{ readonly sequence: number; readonly events: UsageEvent[] }>;
  readonly lastSequence: number;
  /** of no batch yet */
  readonly tail: UsageEvent[];
  readonly open: UsageEvent[];
  /** what Prometheus has not seen */
  readonly unseen: AttemptEvent[];
}

function whatIsLeft(entries: readonly SpoolEntry[]): Left {
  const batches: Left['batches'] = [];
  const open = new Map<number, { attempt: AttemptEvent; request: RequestEvent }>();
  let tail: UsageEvent[] = [];
  let unseen: AttemptEvent[] = [];
  let lastSequence = 0;
  for (const entry of entries)
    switch (entry.kind) {
      case 'event':
        tail.push(entry.event);
        if (entry.event.type === 'attempt') unseen.push(entry.event);
        if (entry.closes !== undefined) open.delete(entry.closes);
        break;
      case 'open':
        open.set(entry.open, entry);
        break;
      case 'scraped':
        unseen = [];
        break;
      case 'unseen':
        unseen.push(entry.event);
        break;
      case 'batch':
        batches.push({ sequence: entry.sequence, events: tail });
        lastSequence = entry.sequence;
        tail = [];
    }
  const last = [...open.values()];
  return {
    batches,
    lastSequence,
    tail,
    open: last.flatMap(({ attempt, request }) => [attempt, request]),
    unseen: [...unseen, ...last.map(({ attempt }) => attempt)],
  };
}

function notTooLate(at: number): number {
  const now = Date.now();
  return at < now - LATE_MS ? now : at;
}
