import type { Limit } from '@muxgate/limits';
import { describe, expect, it } from 'vitest';
import { Accounts } from './accounts.js';

const MINUTES = 60_000;

function limit(scope: string, most = 10): Limit {
  return { kind: 'slots', of: 'key', scope, limit: most };
}

describe('accounts', () => {
  it('are one for all lists of limits that share a limit, with its number as it was last read', () => {
    const accounts = new Accounts(() => 0);
    const [first] = accounts.of([limit('team:a'), limit('key:a')]);
    const [, second] = accounts.of([limit('key:b'), limit('team:a', 20)]);
    expect(second).toBe(first);
    expect(first?.limit.limit).toBe(20);
  });

  it('of which nothing is held are forgotten when there are too many, and are nowhere then', () => {
    let now = 0;
    const accounts = new Accounts(() => now);
    const known = [limit('key:0'), limit('key:1')];
    const [idle, busy] = accounts.of(known);
    busy?.grantLocally(1);
    for (let at = 2; at < 10_000; at++) accounts.of([limit(`key:${at}`)]);
    now = 2 * MINUTES;
    const all = accounts.of([limit('key:0'), limit('another')]);
    expect(all[0]).not.toBe(idle);
    expect(accounts.of(known)).toEqual([all[0], busy]);
    expect([...accounts.all()]).toContain(all[0]);
    expect([...accounts.all()]).not.toContain(idle);
    expect([...accounts.all()].length).toBeLessThan(10_000);
  });
});
