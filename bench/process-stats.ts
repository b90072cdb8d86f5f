import { readdirSync, readFileSync } from 'node:fs';

/** CPU time that a process and its threads have used, in ms (Linux: nanoseconds of /proc/…/schedstat). */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + processCpuMs(pid), 0);
}

function processCpuMs(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1e6;
}

function statusMiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) / 1024;
}

/** Resident memory now, in MiB. */
export function rssMiB(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + statusMiB(pid, 'VmRSS'), 0);
}

/** The most resident memory since the process began, in MiB. */
export function peakRssMiB(pids: readonly number[]): number {
  return pids.reduce((total, pid) => total + statusMiB(pid, 'VmHWM'), 0);
}

/** Direct children of a process, such as nginx's workers. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
