import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../scripts/launcher/run-command.ts';
import { startBare, startMuxgate, startNginx, startUpstream, type Candidate } from './candidates.ts';
import { median, percentile, runLoad, type LoadResult } from './load.ts';
import { cpuMs, peakRssMiB, rssMiB } from './process-stats.ts';
import { table } from './table.ts';
import { LARGE_BODIES, SLOW_STREAMS, WORKLOADS, type Workload } from './workloads.ts';

const HELP = `npm run bench [-- options]

Measures the built gateway against a bare node:http + undici proxy that does the same duties, and nginx, in
alternating short runs on one core, so that a noisy machine disturbs all of them alike. Read the ratios.

  --rounds N     paired rounds per workload (default 7)
  --seconds S    length of one run (default 1.5)
  --only TEXT    only the workloads whose name contains TEXT
  --traced       beside it, a gateway that exports a trace of each request
  --quick        3 rounds of 0.7 s, no memory runs
  --check        exit 1 when a ratio is over its limit`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    traced: { type: 'boolean' },
    quick: { type: 'boolean' },
    check: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const rounds = Number(values.rounds ?? (values.quick ? 3 : 7));
const seconds = Number(values.seconds ?? (values.quick ? 0.7 : 1.5));

interface Measured {
  readonly cpuPerRequest: number;
  readonly load: LoadResult;
}

async function measure(
  candidate: Candidate,
  workload: Workload,
  limits: { seconds?: number; requests?: number; connections?: number },
): Promise<Measured> {
  const before = cpuMs(candidate.pids);
  const request = { ...workload.request, headers: { ...workload.request.headers, ...candidate.headers } };
  const load = await runLoad(candidate.origin, request, { connections: workload.connections, ...limits });
  if (load.failures > 0)
    throw new Error(`${candidate.name}: ${load.failures} requests of "${workload.name}" failed`);
  return { cpuPerRequest: (cpuMs(candidate.pids) - before) / load.requests, load };
}

interface Row {
  readonly candidate: Candidate;
  readonly cpu: number[];
  readonly ratio: number[];
  readonly perSecond: number[];
  latencies: readonly number[];
}

async function compare(
  workload: Workload,
  direct: Candidate,
  candidates: readonly Candidate[],
): Promise<boolean> {
  const rows: Row[] = candidates.map((candidate) => ({
    candidate,
    cpu: [],
    ratio: [],
    perSecond: [],
    latencies: [],
  }));
  for (const row of rows) await measure(row.candidate, workload, { seconds: Math.max(1, seconds) });
  for (let round = 0; round < rounds; round += 1) {
    const inRound: Measured[] = [];
    for (const row of rows) inRound.push(await measure(row.candidate, workload, { seconds }));
    const yardstick = inRound[0]!.cpuPerRequest;
    rows.forEach((row, index) => {
      row.cpu.push(inRound[index]!.cpuPerRequest);
      row.ratio.push(inRound[index]!.cpuPerRequest / yardstick);
      row.perSecond.push(inRound[index]!.load.requests / inRound[index]!.load.seconds);
    });
  }
  const calm = { connections: 1, seconds };
  const base = (await measure(direct, workload, calm)).load.latencies;
  for (const row of rows) row.latencies = (await measure(row.candidate, workload, calm)).load.latencies;
  const addedMs = (row: Row, share: number): string =>
    (percentile(row.latencies, share) - percentile(base, share)).toFixed(2);
  const limit = workload.limit === undefined ? '' : ` (limit ${workload.limit})`;
  console.log(`\n${workload.name}${limit}`);
  console.log(
    table(
      [
        '',
        'CPU ms/request',
        'ratio to bare',
        'min–max',
        'added p50 ms',
        'added p99 ms',
        'requests/s',
        'peak RSS MiB',
      ],
      rows.map((row) => [
        row.candidate.name,
        median(row.cpu).toFixed(3),
        median(row.ratio).toFixed(2),
        `${Math.min(...row.ratio).toFixed(2)}–${Math.max(...row.ratio).toFixed(2)}`,
        addedMs(row, 0.5),
        addedMs(row, 0.99),
        median(row.perSecond).toFixed(0),
        peakRssMiB(row.candidate.pids).toFixed(0),
      ]),
    ),
  );
  const [muxgate, limited, unaccounted] = ['muxgate', 'muxgate, limited', 'muxgate, nothing accounted'].map(
    (name) => rows.find((row) => row.candidate.name === name)!,
  ) as [Row, Row, Row];
  const accounting = added(muxgate, unaccounted);
  const both = added(limited, unaccounted);
  console.log(
    `\nAdded by accounting ${percent(accounting)}, by accounting, every limit and a budget ${percent(both)}.`,
  );
  const within = workload.limit === undefined || median(muxgate.ratio) <= workload.limit;
  return within && both <= (workload.mostAdded ?? Infinity);
}

/** Of CPU a request, as a share of the other's, in the same rounds. */
function added(row: Row, without: Row): number {
  return median(row.cpu.map((cpu, round) => cpu / without.cpu[round]! - 1));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** Runs the same load several times over and shows memory after each: a leak climbs, a working set levels out. */
async function memory(
  workload: Workload,
  candidates: readonly Candidate[],
  requests: number,
  passes: number,
): Promise<void> {
  const rows: string[][] = [];
  for (const candidate of candidates) {
    const after: string[] = [];
    let cpu = 0;
    for (let pass = 0; pass < passes; pass += 1) {
      cpu = (await measure(candidate, workload, { requests })).cpuPerRequest;
      await delay(1_500);
      after.push(rssMiB(candidate.pids).toFixed(0));
    }
    rows.push([candidate.name, cpu.toFixed(2), after.join(' → '), peakRssMiB(candidate.pids).toFixed(0)]);
  }
  console.log(`\n${workload.name}: ${passes} passes of ${requests} requests`);
  console.log(table(['', 'CPU ms/request', 'RSS MiB after each pass', 'peak RSS MiB'], rows));
}

await runCommand('taskset', ['-p', '-c', '1', String(process.pid)]);
const upstream = await startUpstream();
const direct: Candidate = { name: 'direct', origin: upstream, headers: {}, pids: [process.pid] };
const bare = await startBare(upstream);
const muxgate = await startMuxgate(upstream, { traced: values.traced === true });
const nginx = await startNginx(upstream);
const candidates = [bare, ...muxgate, ...(nginx === undefined ? [] : [nginx])];
console.log(
  `Node ${process.version}; ${rounds} rounds of ${seconds} s; proxies on one core, load and upstream on another.`,
);

const missed: string[] = [];
for (const workload of WORKLOADS) {
  if (values.only !== undefined && !workload.name.includes(values.only)) continue;
  if (!(await compare(workload, direct, candidates))) missed.push(workload.name);
}
if (values.quick !== true && values.only === undefined) {
  await memory(SLOW_STREAMS, candidates, 500, 4);
  await memory(LARGE_BODIES, candidates, 600, 4);
}
if (missed.length > 0) console.log(`\nOver the limit: ${missed.join(', ')}`);
process.exit(values.check === true && missed.length > 0 ? 1 : 0);
