import { describe, expect, it } from 'vitest';
import { limitOf as keyLimit } from '../../../test/support/limits.ts';
import { Account } from './account.js';
import type { Limit } from './limit.js';

const limitOf = (kind: Limit['kind'], most = 1e6): Limit => keyLimit(kind, `${kind}:k`, most);
const AT = 1_700_000_000_000;
const opening = { advance: 20, bucket: AT, endsAt: 100, used: 7 };

/** Asked for so often within a tenth of a second, and then what Redis would be asked to give in advance. */
function busy(kind: Limit['kind'], requests: number, limit = 1e6): { account: Account; wanted: number } {
  const account = new Account(limitOf(kind, limit), 0);
  for (let i = 0; i < requests; i++) {
    account.ask(3, i);
    account.grant(3, AT);
  }
  return { account, wanted: account.state(requests).wanted };
}

describe('an account of a limit', () => {
  it('wants an advance only where it is busy, and never of what counts by the millisecond', () => {
    expect(busy('tokens', 7).wanted).toBe(0);
    expect(busy('tokens', 8).wanted).toBeGreaterThanOrEqual(24);
    expect(busy('requests', 50).wanted).toBeGreaterThan(0);
    expect(busy('requests', 50, 1_000).wanted).toBe(0);
    const { account } = busy('slots', 50);
    expect(account.state(1_000).wanted).toBe(0);
  });

  it('gives out of its advance what there is, until it ends', () => {
    const account = new Account(limitOf('tokens'), 0);
    account.state(0);
    account.open(opening);
    expect(account.fits(20, 99)).toBe(true);
    expect(account.fits(21, 99)).toBe(false);
    expect(account.fits(1, 100)).toBe(false);
    expect(account.take(15)).toBe(AT);
    expect([account.used, account.fits(5, 50), account.fits(6, 50)]).toEqual([22, true, false]);
  });

  it('states what is left of an advance, and what was used otherwise than estimated, where it is booked', () => {
    const account = new Account(limitOf('tokens'), 0);
    account.open(opening);
    const bucket = account.take(15);
    account.settle(15, bucket, 9);
    expect(account.hasAdvance).toBe(true);
    const late = account.take(4);
    const old = account.grant(8, AT - 5_950);
    account.settle(8, old, 8);
    account.settle(8, old, 20);
    // 13 of 20 were used; and 12 more than thought at another time
    expect(account.state(100)).toMatchObject({
      endsAdvance: true,
      held: 0,
      spent: 0,
      corrections: [AT - 6_000, 12, AT, -7],
    });
    account.settle(4, late, 5);
    account.settle(4, late, 3);
    expect(account.state(200)).toMatchObject({ endsAdvance: false, corrections: [AT, 0] });
    expect(account.isIdle(300)).toBe(false);
    expect(account.isIdle(100_000)).toBe(true);
  });

  it('lets requests at once follow each other in the advance', () => {
    const account = new Account(limitOf('slots'), 0);
    for (let i = 0; i < 3; i++) account.grant(1, AT);
    expect(account.state(1)).toMatchObject({ held: 3, spent: 0 });
    account.open({ ...opening, advance: 2 });
    expect([account.take(1), account.take(1), account.fits(1, 50)]).toEqual([AT, AT, false]);
    account.settle(1, AT, 0);
    expect([account.fits(1, 50), account.held, account.used]).toEqual([true, 4, 8]);
    expect(account.state(100)).toMatchObject({ held: 4, endsAdvance: true, corrections: [] });
    for (let i = 0; i < 4; i++) account.settle(1, AT, 0);
    expect(account.state(200)).toMatchObject({ held: 0, endsAdvance: false });
  });

  it('tells what a budget holds as it is, and what it has spent since', () => {
    const account = new Account(limitOf('budget'), 0);
    account.grant(5, AT);
    account.state(1);
    account.open({ ...opening, advance: 10 });
    account.take(6);
    account.settle(5, 0, 7);
    // 6 in flight and 7 spent, of 15
    expect([account.fits(2, 50), account.fits(3, 50)]).toEqual([true, false]);
    expect(account.state(100)).toMatchObject({ held: 6, spent: 7 });
    account.settle(6, 0, 1);
    expect(account.state(200)).toMatchObject({ held: 0, spent: 1 });
    expect(account.state(300)).toMatchObject({ held: 0, spent: 0 });
  });

  it('tells Redis, when it is back, what is held of what was granted without it', () => {
    const [slots, tokens] = [new Account(limitOf('slots'), 0), new Account(limitOf('tokens'), 0)];
    for (const account of [slots, tokens]) account.grantLocally(1);
    expect(slots.state(1).held).toBe(1);
    expect(tokens.state(1)).toMatchObject({ held: 0, spent: 0, corrections: [] });
  });
});
