import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../scripts/launcher/run-command.ts';
import { startStand, type Candidate } from './candidates.ts';
import { Comparison, measure } from './comparison.ts';
import { peakRssMiB, rssMiB } from './process-stats.ts';
import { table } from './table.ts';
import { LARGE_BODIES, SLOW_STREAMS, WORKLOADS, type Workload } from './workloads.ts';

const HELP = `npm run bench [-- options]

Measures the built gateway against a bare node:http + undici proxy that does the same duties, and nginx, in
alternating short runs on one core, so that a noisy machine disturbs all of them alike. Read the ratios. Two
processes of one build differ by some percent as well, so all of them are started several times over.

  --starts N     how often all processes are started anew (default 3)
  --rounds N     paired rounds per workload in each start (default 3)
  --seconds S    length of one run (default 1.5)
  --only TEXT    only the workloads whose name contains TEXT
  --traced       beside it, a gateway that exports a trace of each request
  --quick        one start, 3 rounds of 0.7 s, no memory runs
  --check        exit 1 when a ratio is over its limit`;

function fail(sentence: string): never {
  console.error(`${sentence} Try npm run bench -- --help.`);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        starts: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        only: { type: 'string' },
        traced: { type: 'boolean' },
        quick: { type: 'boolean' },
        check: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

const values = readArguments();
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}

function amount(option: 'starts' | 'rounds' | 'seconds', otherwise: number): number {
  const given = Number(values[option] ?? otherwise);
  const allowed = option === 'seconds' ? given > 0 && given < Infinity : Number.isInteger(given) && given > 0;
  return allowed ? given : fail(`--${option} is a number above 0, not "${values[option]}".`);
}

const starts = amount('starts', values.quick ? 1 : 3);
const rounds = amount('rounds', 3);
const seconds = amount('seconds', values.quick ? 0.7 : 1.5);
const { only } = values;
const workloads = WORKLOADS.filter(({ name }) => only === undefined || name.includes(only));
if (workloads.length === 0)
  fail(`No workload's name contains "${only}"; there are ${WORKLOADS.map(({ name }) => name).join(', ')}.`);

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
console.log(
  `Node ${process.version}; ${starts} starts, each ${rounds} rounds of ${seconds} s; proxies on one core, load and upstream on another.`,
);
const comparisons = workloads.map((workload) => new Comparison(workload));
for (let start = 1; start <= starts; start += 1) {
  const stand = await startStand({ traced: values.traced === true });
  for (const comparison of comparisons) {
    await comparison.run(stand, rounds, seconds);
    console.log(`start ${start} of ${starts}, so far: ${comparison.workload.name}: ${comparison.inWords()}`);
  }
  if (start === starts && values.quick !== true && only === undefined) {
    await memory(SLOW_STREAMS, stand.candidates, 500, 4);
    await memory(LARGE_BODIES, stand.candidates, 600, 4);
  }
  await stand.stop();
}
for (const comparison of comparisons) console.log(comparison.report());
const missed = comparisons.filter((comparison) => !comparison.isWithin());
if (missed.length > 0)
  console.log(`\nOver the limit: ${missed.map(({ workload }) => workload.name).join(', ')}`);
process.exit(values.check === true && missed.length > 0 ? 1 : 0);
