import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Holder } from './holder.js';

const replacePid = (owner: string, pid: number): string => owner.split('/').with(1, String(pid)).join('/');

describe('a holder is proved dead', () => {
  const here = Holder.ofThisProcess();
  const other = Holder.ofThisProcess().begin();

  it('when its process is gone', async () => {
    const child = spawn('sleep', ['60']);
    const owner = replacePid(other, child.pid ?? 0);
    expect(here.isProvedDead(owner)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(here.isProvedDead(owner)).toBe(true);
  });

  it('when another process bears its pid: this one', () => {
    expect(here.isProvedDead(other)).toBe(true);
  });

  it('when its attempt in this process ended, and not before', () => {
    const owner = here.begin();
    expect(here.isProvedDead(owner)).toBe(false);
    here.end(owner);
    expect(here.isProvedDead(owner)).toBe(true);
  });

  it('never from another machine, nor by a name that cannot be read', () => {
    expect(here.isProvedDead(other.replace(/^[^/]+/, 'elsewhere'))).toBe(false);
    expect(here.isProvedDead('')).toBe(false);
    expect(here.isProvedDead(replacePid(other, -1))).toBe(false);
  });
});
