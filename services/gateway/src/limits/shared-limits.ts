import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Account,
  type Claim,
  type Limit,
  type LimitStore,
  type Refused,
  type Reservation,
  type Statement,
  type Turn,
  type Verdict,
} from '@muxgate/limits';
import type { Logger } from '@muxgate/runtime';
import type { MaybePromise } from '../proxy/when-ready.js';
import { Accounts } from './accounts.js';
import { LimitTurns, type LimitTurnsOptions } from './limit-turns.js';

export interface SharedLimitsListener {
  /** Redis is back */
  returned(): void;
  /** a budget has passed its threshold */
  passed(limit: Limit): void;
}

interface Waiting {
  readonly claim: Claim;
  /** which of its limits Redis is asked for; the others were given out of advances */
  asked: number[];
  tries: number;
  readonly answer: (reservation: Reservation | undefined) => void;
}

/** In one call: more would keep Redis from others for too long. */
const MAX_REQUESTS = 64;
const MAX_STATEMENTS = 256;
/** Until what other replicas have in advance is used or back: a tenth of a second, and the way. */
const LATER_MS = 25;
const MAX_TRIES = 10;

/**
 * The limits that all replicas share. A request that the advances of its limits have room for goes on at once. For the
 * others one call at a time is on its way to Redis, and what is stated and asked meanwhile leaves together with the next:
 * the busier, the less each costs. While Redis is away nothing is asked; what was used meanwhile is stated when it is back.
 */
export class SharedLimits {
  private readonly turns: LimitTurns;
  private readonly accounts: Accounts;
  /** with something to state */
  private readonly changed = new Set<Account>();
  /** with an advance, which is to be ended */
  private readonly ahead = new Set<Account>();
  private waiting: Waiting[] = [];
  private later = 0;
  private scheduled = false;
  private calling: Promise<void> | undefined;
  private ending: NodeJS.Timeout | undefined;
  private advancesEnd = 0;
  private stopped = false;
  private listener: SharedLimitsListener = { returned: () => undefined, passed: () => undefined };

  constructor(
    store: LimitStore,
    options: LimitTurnsOptions,
    logger: Logger,
    /** of a clock that never goes back, ms */
    private readonly now: () => number = performance.now.bind(performance),
  ) {
    this.accounts = new Accounts(now);
    this.turns = new LimitTurns(store, options, logger, {
      left: () => this.left(),
      returned: () => this.returned(),
      forgotten: () => this.stateAll(),
      passed: (limit) => this.listener.passed(limit),
    });
  }

  async start(): Promise<void> {
    await this.turns.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.turns.stop();
    while (!this.isAway && (this.calling !== undefined || this.hasQueued || this.ahead.size > 0)) {
      this.endAdvances();
      await this.flush();
      await nextTurn();
    }
    await this.turns.leave();
  }

  get isAway(): boolean {
    return this.turns.isAway;
  }

  /** How many share the limits, as far as is known. */
  get replicas(): number {
    return this.turns.replicas;
  }

  listen(listener: SharedLimitsListener): void {
    this.listener = listener;
  }

  /** At once where the advances have room; undefined while Redis is away. */
  reserve(claim: Claim): MaybePromise<Reservation | undefined> {
    claim.accounts = this.accounts.of(claim.limits);
    if (this.isAway) return undefined;
    if (this.giveOut(claim, this.now())) return { granted: true, used: claim.used };
    return new Promise((answer) => {
      this.waiting.push({ claim, asked: [], tries: 0, answer });
      this.schedule();
    });
  }

  /** While Redis is away: it learns of what is held when it is back. */
  grantLocally(claim: Claim): void {
    claim.isLocal = true;
    for (const [i, account] of claim.accounts.entries()) {
      account.grantLocally(claim.amounts[i] ?? 0);
      this.change(account);
    }
  }

  /** Once, when a request is over that a claim was granted to. */
  settle({ limits, accounts, amounts, buckets, isLocal }: Claim, tokens: number, costNanoUsd: number): void {
    for (let i = 0; i < limits.length; i++) {
      const { kind } = limits[i] as Limit;
      const account = accounts[i] as Account;
      const amount = amounts[i] as number;
      if (kind === 'requests' || (kind === 'tokens' && isLocal)) continue;
      account.settle(amount, buckets[i] ?? 0, kind === 'budget' ? costNanoUsd : tokens);
      this.change(account);
    }
  }

  /** All limits out of their advances, or none. */
  private giveOut(claim: Claim, now: number): boolean {
    const { accounts, amounts } = claim;
    for (let i = 0; i < accounts.length; i++)
      if (!(accounts[i] as Account).fits(amounts[i] as number, now)) return false;
    for (let i = 0; i < accounts.length; i++) claim.take(i);
    return true;
  }

  /** It is stated at once, unless an advance ends soon. */
  private change(account: Account): void {
    if (account.hasAdvance) return;
    this.changed.add(account);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.isAway || this.calling !== undefined) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.flush();
    });
  }

  private get hasQueued(): boolean {
    return this.waiting.length + this.later + this.changed.size > 0 || this.turns.hasUnanswered;
  }

  /** Sends what there is, unless a call is on its way: what has come meanwhile leaves when it has its answer. */
  private flush(): Promise<void> {
    this.calling ??= this.call().finally(() => {
      this.calling = undefined;
      if (this.waiting.length + this.changed.size > 0) this.schedule();
    });
    return this.calling;
  }

  private async call(): Promise<void> {
    await this.turns.stateAgain();
    if (this.isAway) return;
    const now = this.now();
    const places = new Map<Account, number>();
    const requests: number[][] = [];
    const asking = this.waiting.splice(0, MAX_REQUESTS).filter((waiting) => {
      const request = this.ask(waiting, places, now);
      if (request.length > 0) return requests.push(request);
      waiting.answer({ granted: true, used: waiting.claim.used });
      return false;
    });
    for (const account of this.changed) {
      if (places.size >= MAX_STATEMENTS) break;
      placeOf(account, places);
    }
    if (places.size === 0) return;
    const accounts = [...places.keys()];
    const statements = accounts.map((account) => {
      this.changed.delete(account);
      this.ahead.delete(account);
      const statement = account.state(now);
      return this.stopped ? { ...statement, wanted: 0 } : statement;
    });
    await this.sendTurn(accounts, statements, asking, requests);
  }

  /** Takes what advances have room for, and answers what is to be asked: place of an account, amount, and so on. */
  private ask(waiting: Waiting, places: Map<Account, number>, now: number): number[] {
    const { claim } = waiting;
    const { accounts, amounts } = claim;
    const request: number[] = [];
    waiting.asked = [];
    for (let i = 0; i < accounts.length; i++) {
      const account = accounts[i] as Account;
      const amount = amounts[i] as number;
      if (account.fits(amount, now)) {
        claim.take(i);
        continue;
      }
      account.ask(amount, now);
      waiting.asked.push(i);
      request.push(placeOf(account, places), amount);
    }
    return request;
  }

  private async sendTurn(
    accounts: readonly Account[],
    statements: readonly Statement[],
    asking: readonly Waiting[],
    requests: readonly number[][],
  ): Promise<void> {
    const sentAt = this.now();
    const turn = await this.turns.take(statements, requests);
    if (turn === undefined) return this.giveUp(accounts, asking);
    if (turn.isRepeated) return this.askAgain(accounts, asking);
    for (const [index, waiting] of asking.entries()) this.decide(waiting, turn, index);
    this.openAdvances(accounts, turn, sentAt);
  }

  /** What Redis may have granted nonetheless is not held. */
  private giveUp(accounts: readonly Account[], asking: readonly Waiting[]): void {
    for (const account of accounts) this.changed.add(account);
    for (const waiting of asking) {
      this.giveBack(waiting);
      waiting.answer(undefined);
    }
  }

  /** The answer was lost on its way, and the client has sent the call again: what was granted is not known, or held. */
  private askAgain(accounts: readonly Account[], asking: readonly Waiting[]): void {
    for (const account of accounts) this.changed.add(account);
    for (const waiting of asking) this.giveBack(waiting);
    this.waiting = [...asking, ...this.waiting];
  }

  private decide(waiting: Waiting, { at, verdicts }: Turn, index: number): void {
    const verdict = verdicts[index] as Verdict;
    const { claim, asked, answer } = waiting;
    for (const [place, i] of asked.entries()) claim.used[i] = verdict.used[place] ?? 0;
    if (verdict.outcome === 'granted') {
      for (const i of asked)
        claim.buckets[i] = (claim.accounts[i] as Account).grant(claim.amounts[i] ?? 0, at);
      answer({ granted: true, used: claim.used });
      return;
    }
    this.giveBack(waiting);
    if (verdict.outcome === 'later' && ++waiting.tries < MAX_TRIES) return this.askLater(waiting);
    const { retryAfterMs } = verdict;
    const refusedBy = asked[verdict.refusedBy] ?? 0;
    const refused: Refused = { granted: false, refusedBy, retryAfterMs, used: claim.used };
    answer(refused);
  }

  private askLater(waiting: Waiting): void {
    this.later++;
    setTimeout(() => {
      this.later--;
      if (this.isAway) return waiting.answer(undefined);
      this.waiting.push(waiting);
      this.schedule();
    }, LATER_MS);
  }

  /** What was taken of advances for a request that other limits have no room for. */
  private giveBack({ claim, asked }: Waiting): void {
    for (const [i, account] of claim.accounts.entries()) {
      if (asked.includes(i)) continue;
      account.settle(claim.amounts[i] ?? 0, claim.buckets[i] ?? 0, 0);
      this.change(account);
    }
  }

  private openAdvances(accounts: readonly Account[], turn: Turn, sentAt: number): void {
    const { bucket, advancesEndInMs } = turn;
    // Redis told its time after the call had left: here they end no later than there
    this.advancesEnd = sentAt + advancesEndInMs;
    for (const [place, account] of accounts.entries()) {
      const { used, advance } = turn.accounts[place] ?? { used: 0, advance: 0 };
      account.open({ used, advance, bucket, endsAt: this.advancesEnd });
      if (advance === 0) continue;
      this.ahead.add(account);
      // what has come meanwhile is stated with its end
      this.changed.delete(account);
    }
    if (this.ahead.size > 0 && this.ending === undefined) this.awaitEnd();
  }

  private awaitEnd(): void {
    const ms = Math.max(1, Math.ceil(this.advancesEnd - this.now()));
    this.ending = setTimeout(() => this.endAdvances(this.now()), ms);
  }

  /** What came of them is stated, and new ones are asked for where they were needed. */
  private endAdvances(now = Infinity): void {
    clearTimeout(this.ending);
    this.ending = undefined;
    for (const account of this.ahead) {
      if (!account.hasEnded(now)) continue;
      this.ahead.delete(account);
      this.changed.add(account);
    }
    if (this.ahead.size > 0) this.awaitEnd();
    if (this.changed.size > 0) this.schedule();
  }

  private stateAll(): void {
    for (const account of this.accounts.all()) if (account.held !== 0) this.changed.add(account);
  }

  private left(): void {
    this.endAdvances();
    for (const { answer } of this.waiting.splice(0)) answer(undefined);
  }

  private returned(): void {
    this.listener.returned();
    void this.flush();
  }
}

function placeOf(account: Account, places: Map<Account, number>): number {
  let place = places.get(account);
  if (place === undefined) places.set(account, (place = places.size));
  return place;
}
