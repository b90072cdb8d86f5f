import type {
  Check,
  LimitStore,
  Reservation,
  ReservationRequest,
  Settlement,
  Spending,
  Turn,
} from '@muxgate/limits';
import { messageOf, type Logger } from '@muxgate/runtime';

export interface SharedLimitsOptions {
  readonly heartbeatMs: number;
  /** without an answer for so long, this replica decides by itself */
  readonly waitMs: number;
}

export type OnPassed = (check: Check) => void;

interface Waiting {
  readonly request: ReservationRequest;
  readonly answer: (reservation: Reservation | undefined) => void;
}

interface Unsettled extends Settlement {
  readonly checks: readonly Check[];
  readonly passed: OnPassed;
}

interface Unspent extends Spending {
  readonly check: Check;
  readonly passed: OnPassed;
}

/** In one call: more would keep Redis from others for too long. */
const MAX_BATCH = 64;
const LOOKS = 10;

/**
 * The limits that all replicas share. One call at a time is on its way to Redis, and what is told and asked meanwhile
 * leaves together with the next: the busier, the less each costs. While Redis is away nothing is asked; what was used
 * meanwhile is told when it is back.
 */
export class SharedLimits {
  private waiting: Waiting[] = [];
  private unsettled: Unsettled[] = [];
  private readonly unspent = new Map<string, Unspent>();
  private scheduled = false;
  private calling: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private away = false;
  private stopped = false;
  private returned: () => void = () => undefined;
  /** how many share the limits, as far as is known */
  replicas = 1;

  constructor(
    private readonly store: LimitStore,
    private readonly options: SharedLimitsOptions,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    await this.beat();
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.start(), this.options.heartbeatMs).unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    while (!this.away && (this.calling !== undefined || this.hasQueued)) await this.flush();
    if (this.away) return;
    await this.store.leave().catch(() => undefined);
  }

  get isAway(): boolean {
    return this.away;
  }

  onReturn(listener: () => void): void {
    this.returned = listener;
  }

  /** Undefined while Redis is away. */
  reserve(request: ReservationRequest): Promise<Reservation | undefined> {
    if (this.away) return Promise.resolve(undefined);
    return new Promise((answer) => {
      this.waiting.push({ request, answer });
      this.schedule();
    });
  }

  settle(settlement: Settlement & { readonly checks: readonly Check[] }, passed: OnPassed): void {
    this.unsettled.push({ ...settlement, passed });
    this.schedule();
  }

  /** Of a budget, without a reservation; told in sums. */
  spend(check: Check, costNanoUsd: number, passed: OnPassed): void {
    const { scope, budget } = check;
    if (budget === undefined || costNanoUsd === 0) return;
    const before = this.unspent.get(scope)?.costNanoUsd ?? 0;
    const { warnAt, periodEnd } = budget;
    this.unspent.set(scope, { scope, costNanoUsd: before + costNanoUsd, warnAt, periodEnd, check, passed });
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.away || this.calling !== undefined) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.flush();
    });
  }

  private get hasQueued(): boolean {
    return this.waiting.length + this.unsettled.length + this.unspent.size > 0;
  }

  /** Sends what there is, unless a call is on its way: what has come meanwhile leaves when it has its answer. */
  private flush(): Promise<void> {
    this.calling ??= this.call().finally(() => {
      this.calling = undefined;
      if (this.hasQueued) this.schedule();
    });
    return this.calling;
  }

  private async call(): Promise<void> {
    if (this.away) return;
    if (this.unspent.size > 0) await this.sendSpendings();
    if (this.away || this.waiting.length + this.unsettled.length === 0) return;
    const over = this.unsettled.splice(0, MAX_BATCH);
    // nobody is refused a slot that is free and only waits to be told
    await this.sendTurn(over, this.unsettled.length > 0 ? [] : this.waiting.splice(0, MAX_BATCH));
  }

  private async sendTurn(over: readonly Unsettled[], asking: readonly Waiting[]): Promise<void> {
    const requests = asking.map(({ request }) => request);
    let turn: Turn;
    try {
      turn = await this.inTime(this.store.turn(over, requests));
    } catch (error) {
      this.leave(error);
      this.unsettled = [...over, ...this.unsettled];
      for (const { request, answer } of asking) {
        // it may yet be carried out, and nobody would hold it
        const { lease, checks } = request;
        if (lease !== undefined) this.settle({ lease, checks, tokens: 0, costNanoUsd: 0 }, () => undefined);
        answer(undefined);
      }
      return;
    }
    for (const [index, { answer }] of asking.entries()) answer(turn.reservations[index]);
    for (const scope of turn.passed) tellPassed(over, scope);
  }

  private async sendSpendings(): Promise<void> {
    const batch = [...this.unspent.values()];
    this.unspent.clear();
    try {
      const passed = await this.inTime(this.store.spend(batch));
      for (const { scope, check, passed: tell } of batch) if (passed.includes(scope)) tell(check);
    } catch (error) {
      this.leave(error);
      for (const { check, costNanoUsd, passed } of batch) this.spend(check, costNanoUsd, passed);
    }
  }

  private async beat(): Promise<void> {
    try {
      this.replicas = Math.max(1, await this.inTime(this.store.heartbeat()));
      if (!this.away) return;
      this.away = false;
      this.logger.info('limits are shared again');
      this.returned();
      await this.flush();
    } catch (error) {
      this.leave(error);
    }
  }

  private leave(error: unknown): void {
    if (this.away) return;
    this.away = true;
    const { replicas } = this;
    this.logger.warn(
      { reason: messageOf(error), replicas },
      'limits are kept by this replica alone, its share of each',
    );
    for (const { answer } of this.waiting.splice(0)) answer(undefined);
  }

  /** In several looks: time in which this process stood still is not time in which Redis was silent. */
  private inTime<T>(work: Promise<T>): Promise<T> {
    const { waitMs } = this.options;
    return new Promise((resolve, reject) => {
      let looks = 0;
      const timer = setInterval(() => {
        if (++looks === LOOKS) reject(new Error(`no answer within ${waitMs} ms`));
      }, waitMs / LOOKS);
      work.then(resolve, reject).finally(() => clearInterval(timer));
    });
  }
}

function tellPassed(over: readonly Unsettled[], scope: string): void {
  const settled = over.find(({ checks }) => checks.some((check) => check.scope === scope));
  const check = settled?.checks.find((known) => known.scope === scope);
  if (check !== undefined) settled?.passed(check);
}
