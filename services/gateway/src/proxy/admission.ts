import type { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Draining, Overloaded } from './errors.js';
import type { Exchange } from './exchange.js';
import { OpenExchanges } from './open-exchanges.js';
import { SURFACES } from './surface.js';

const SAMPLE_MS = 500;

export interface AdmissionOptions {
  readonly maxInFlight: number;
  readonly maxLoopDelayMs: number;
}

/** Who may come in: all, until the process is full, late with its event loop, or about to stop. */
export class Admission {
  private readonly open = new OpenExchanges();
  private readonly loopDelay = monitorEventLoopDelay({ resolution: 20 });
  private timer: NodeJS.Timeout | undefined;
  private late = false;
  private leaving = false;
  private readonly turnedAway = new WeakSet<Socket>();
  private whenEmpty: (() => void) | undefined;

  constructor(private readonly options: AdmissionOptions) {}

  start(): void {
    this.loopDelay.enable();
    this.timer = setInterval(() => {
      this.late = this.loopDelay.mean / 1e6 > this.options.maxLoopDelayMs;
      this.loopDelay.reset();
    }, SAMPLE_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.loopDelay.disable();
  }

  /** @throws Draining, Overloaded */
  admit(exchange: Exchange): void {
    if (this.leaving && this.turnedAway.has(exchange.req.socket))
      throw new Draining('this gateway is shutting down; another one will answer');
    if (this.late || this.open.size >= this.options.maxInFlight)
      throw new Overloaded('this gateway is overloaded; try again in a moment');
    this.open.add(exchange);
  }

  leave(exchange: Exchange): void {
    if (this.open.remove(exchange) && this.open.size === 0) this.whenEmpty?.();
  }

  /** Says so in `/readyz`, while load balancers still send requests here. */
  announceLeave(): void {
    this.leaving = true;
    for (const { res } of this.open.all()) res.shouldKeepAlive = false;
  }

  /** A connection that was opened too late: its requests are for another gateway. */
  turnAway(connection: Socket): void {
    this.turnedAway.add(connection);
  }

  /** Resolves with those still open when the time is over: none, if all have finished before. */
  async emptied(withinMs: number): Promise<readonly Exchange[]> {
    if (this.open.size === 0) return [];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return this.open.all();
  }

  all(): readonly Exchange[] {
    return this.open.all();
  }

  get isDraining(): boolean {
    return this.leaving;
  }

  get isOverloaded(): boolean {
    return this.late;
  }

  /** Open exchanges by surface. */
  count(which: (exchange: Exchange) => boolean): Map<string, number> {
    const counts = new Map<string, number>(SURFACES.map(({ name }) => [name, 0]));
    for (const exchange of this.open.all()) {
      const { name } = exchange.surface;
      if (which(exchange)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }
}
