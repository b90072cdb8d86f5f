import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/wait.ts';
import { restartDelay, SupervisedProcess, type Ending } from './processes.ts';

describe('restartDelay', () => {
  it('begins below 0.2 s, doubles to 5 s while the process keeps dying', () => {
    const delays: number[] = [];
    let delay = 0;
    for (let death = 0; death < 8; death += 1) delays.push((delay = restartDelay(delay, 1_000)));
    expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  it('begins anew once the process has lived for 10 s', () => {
    expect(restartDelay(5_000, 9_999)).toBe(5_000);
    expect(restartDelay(5_000, 10_000)).toBe(100);
  });
});

describe('SupervisedProcess', () => {
  function supervise(script: string) {
    const lines: string[] = [];
    const endings: Ending[] = [];
    const supervised = new SupervisedProcess(
      { name: 'x', command: '/bin/sh', args: ['-c', script], env: { PATH: process.env['PATH'] } },
      { onLine: (line) => lines.push(line), onRestart: (ending) => endings.push(ending) },
    );
    supervised.start();
    return { supervised, lines, endings };
  }

  it('starts a process that was killed again, under a new pid', async () => {
    const { supervised, lines, endings } = supervise('echo up; exec sleep 60');
    await eventually(() => lines.length === 1);
    const { pid } = supervised;
    process.kill(pid ?? 0, 'SIGKILL');
    await eventually(() => lines.length === 2);
    expect(endings).toEqual([{ code: null, signal: 'SIGKILL' }]);
    expect(supervised.pid).not.toBe(pid);
    await supervised.stop(1_000);
    expect(supervised.pid).toBeUndefined();
  });

  it('kills a process that does not end in its time', async () => {
    const { supervised, lines } = supervise(`trap '' TERM; echo up; while :; do sleep 0.1; done`);
    await eventually(() => lines.length === 1);
    const began = Date.now();
    await supervised.stop(300);
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
    expect(supervised.pid).toBeUndefined();
  });

  it('does not start again what was stopped while it waited to be started', async () => {
    const { supervised, endings } = supervise('exit 3');
    await eventually(() => endings.length >= 1);
    await supervised.stop(100);
    const deaths = endings.length;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(endings).toHaveLength(deaths);
    expect(supervised.lastEnding).toEqual({ code: 3, signal: null });
  });
});
