import type { Candidate, Stand } from './candidates.ts';
import { median, percentile, runLoad, type LoadResult } from './load.ts';
import { cpuMs, peakRssMiB } from './process-stats.ts';
import { table } from './table.ts';
import type { Workload } from './workloads.ts';

interface Measured {
  readonly cpuPerRequest: number;
  readonly load: LoadResult;
}

/** One run of a workload at a candidate. Rejects when a request failed: what did not work is not measured. */
export async function measure(
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

/** What was measured of one candidate, a value for each round of each start. */
interface Row {
  readonly name: string;
  readonly cpu: number[];
  readonly ratio: number[];
  readonly perSecond: number[];
  /** Of one caller at a time, over what the upstream alone takes, in ms; of the last start. */
  addedP50: number;
  addedP99: number;
  peakRss: number;
}

/** One workload at all candidates, over several starts of their processes. */
export class Comparison {
  readonly workload: Workload;
  private readonly rows: Row[] = [];

  constructor(workload: Workload) {
    this.workload = workload;
  }

  /** Rounds in which each candidate has its turn, after one that warms it up. */
  async run({ direct, candidates }: Stand, rounds: number, seconds: number): Promise<void> {
    const { workload } = this;
    for (const candidate of candidates) await measure(candidate, workload, { seconds: Math.max(2, seconds) });
    const rows = candidates.map(({ name }) => this.row(name));
    for (let round = 0; round < rounds; round += 1) {
      const inRound: Measured[] = [];
      for (const candidate of candidates) inRound.push(await measure(candidate, workload, { seconds }));
      const yardstick = inRound[0]!.cpuPerRequest;
      rows.forEach((row, index) => {
        const { cpuPerRequest, load } = inRound[index]!;
        row.cpu.push(cpuPerRequest);
        row.ratio.push(cpuPerRequest / yardstick);
        row.perSecond.push(load.requests / load.seconds);
      });
    }
    const calm = { connections: 1, seconds };
    const { latencies: base } = (await measure(direct, workload, calm)).load;
    for (const [index, candidate] of candidates.entries()) {
      const { latencies } = (await measure(candidate, workload, calm)).load;
      const row = rows[index]!;
      row.addedP50 = percentile(latencies, 0.5) - percentile(base, 0.5);
      row.addedP99 = percentile(latencies, 0.99) - percentile(base, 0.99);
      row.peakRss = Math.max(row.peakRss, peakRssMiB(candidate.pids));
    }
  }

  report(): string {
    const limit = this.workload.limit === undefined ? '' : ` (limit ${this.workload.limit})`;
    return [`\n${this.workload.name}${limit}`, this.figures(), '', this.inWords()].join('\n');
  }

  /** The medians alone, for one line. */
  inWords(): string {
    const { accounting, both } = this.added();
    return `Added by accounting ${percent(accounting)}, by accounting, every limit and a budget ${percent(both)}.`;
  }

  /** Whether the ratio to the bare proxy, and what limits and accounting add, are within the workload's limits. */
  isWithin(): boolean {
    const { limit = Infinity, mostAdded = Infinity } = this.workload;
    return median(this.row('muxgate').ratio) <= limit && this.added().both <= mostAdded;
  }

  private row(name: string): Row {
    const known = this.rows.find((row) => row.name === name);
    if (known !== undefined) return known;
    const row: Row = { name, cpu: [], ratio: [], perSecond: [], addedP50: 0, addedP99: 0, peakRss: 0 };
    this.rows.push(row);
    return row;
  }

  private figures(): string {
    const head = ['', 'CPU ms/request', 'ratio to bare', 'min–max', 'added p50 ms', 'added p99 ms'];
    const cells = this.rows.map((row) => [
      row.name,
      median(row.cpu).toFixed(3),
      median(row.ratio).toFixed(2),
      `${Math.min(...row.ratio).toFixed(2)}–${Math.max(...row.ratio).toFixed(2)}`,
      row.addedP50.toFixed(2),
      row.addedP99.toFixed(2),
      median(row.perSecond).toFixed(0),
      row.peakRss.toFixed(0),
    ]);
    return table([...head, 'requests/s', 'peak RSS MiB'], cells);
  }

  /** CPU a request that accounting, and all of it, add to the same without them, as a share, each in its round. */
  private added(): { accounting: number; both: number } {
    const without = this.row('muxgate, nothing accounted').cpu;
    const over = (name: string): number =>
      median(this.row(name).cpu.map((cpu, round) => cpu / without[round]! - 1));
    return { accounting: over('muxgate'), both: over('muxgate, limited') };
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
