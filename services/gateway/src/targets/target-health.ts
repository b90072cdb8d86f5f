import { coolDownKey, type CoolDown, type CoolDownPlace, type TargetEvent } from '@muxgate/target-health';

export interface TargetHealthOptions {
  /** the first cool-down; each failure in a row doubles it */
  readonly firstMs: number;
  readonly longestMs: number;
  /** the longest rest that an upstream can ask for */
  readonly longestAskedMs: number;
}

/** Where a request would go, as far as health is concerned. */
export interface HealthPlace {
  readonly provider: string;
  readonly model: string;
  readonly credential: string;
}

/** A request that was sent to a target; exactly one of its outcomes is told, later ones change nothing. */
export interface HealthTrial {
  /** it answered: well, or with an error that is the request's own */
  well(): void;
  /** it has to rest: for all, or for this credential only */
  failed(whose: 'target' | 'credential', askedMs: number | undefined): void;
  /** nothing was learned */
  abandoned(): void;
}

interface State {
  until: number;
  failures: number;
  since: number;
  /** the one request that may try, once the rest is over */
  probe: Trial | undefined;
}

/** Beyond so many, those whose rest is over are forgotten with how often they failed: each caller may have its own. */
const MOST_STATES = 10_000;

/**
 * Which targets rest, in memory. A failure starts a cool-down; when it ends one request may try (half-open), and
 * its outcome ends the matter or doubles the rest. What began before a cool-down started says nothing about it.
 */
export class TargetHealth {
  private readonly states = new Map<string, State>();

  /** @param tell hears of changes made here, never of those taken over by `hear` */
  constructor(
    private readonly options: TargetHealthOptions,
    private readonly tell: (event: TargetEvent) => void,
    private readonly now: () => number = Date.now,
    private readonly random: () => number = Math.random,
  ) {}

  /** Milliseconds until this place may be tried; 0: now. A place where one request is trying waits for it. */
  restMs(place: HealthPlace): number {
    if (this.states.size === 0) return 0;
    let rest = 0;
    for (const key of keysOf(place)) {
      const state = this.states.get(key);
      if (state === undefined) continue;
      const left = state.until - this.now();
      rest = Math.max(rest, left > 0 ? left : state.probe === undefined ? 0 : this.options.firstMs);
    }
    return rest;
  }

  begin(place: HealthPlace): HealthTrial {
    const trial = new Trial(this, place, this.now());
    if (this.states.size > 0) {
      for (const key of keysOf(place)) {
        const state = this.states.get(key);
        if (state !== undefined && state.until <= this.now()) state.probe ??= trial;
      }
    }
    return trial;
  }

  hear(event: TargetEvent): void {
    if ('cleared' in event) {
      this.states.delete(coolDownKey(event.cleared));
      return;
    }
    const { until, failures } = event.set;
    const key = coolDownKey(event.set);
    const state = this.states.get(key);
    if (state !== undefined && state.until >= until) return;
    this.set(key, { until, failures, since: this.now(), probe: undefined });
  }

  /** Forgets targets that are not configured any more. */
  keepOnly(targets: Iterable<{ readonly provider: string; readonly model: string }>): void {
    if (this.states.size === 0) return;
    const known = new Set(Array.from(targets, coolDownKey));
    for (const key of this.states.keys())
      if (!known.has(key.slice(0, key.lastIndexOf('\n') + 1))) this.states.delete(key);
  }

  /** Whether a target rests, for anyone at all. */
  isResting(provider: string, model: string): boolean {
    const prefix = coolDownKey({ provider, model });
    for (const [key, { until }] of this.states) if (key.startsWith(prefix) && until > this.now()) return true;
    return false;
  }

  /** @internal of Trial */
  learn(trial: Trial): void {
    for (const key of keysOf(trial.place)) {
      const state = this.states.get(key);
      if (state === undefined) continue;
      if (state.probe === trial) state.probe = undefined;
      if (trial.outcome === 'well' && state.since <= trial.startedAt) {
        this.states.delete(key);
        this.tell({ cleared: placeOf(trial.place, key) });
      }
    }
  }

  /** @internal of Trial */
  rest(trial: Trial, whose: 'target' | 'credential', askedMs: number | undefined): void {
    const { provider, model, credential } = trial.place;
    const place = whose === 'target' ? { provider, model } : { provider, model, credential };
    const key = coolDownKey(place);
    const now = this.now();
    const before = this.states.get(key);
    const known = before !== undefined && before.since > trial.startedAt;
    const failures = before === undefined ? 1 : before.failures + (known ? 0 : 1);
    if (known && askedMs === undefined) return;
    const asked = askedMs === undefined ? undefined : Math.min(askedMs, this.options.longestAskedMs);
    const until = Math.max(now + (asked ?? this.backOff(failures)), before?.until ?? 0);
    this.set(key, { until, failures, since: now, probe: undefined });
    this.tell({ set: { ...place, until, failures } satisfies CoolDown });
  }

  private set(key: string, state: State): void {
    this.states.set(key, state);
    if (this.states.size <= MOST_STATES) return;
    for (const [other, { until }] of this.states) if (until <= this.now()) this.states.delete(other);
  }

  /** Full jitter, so that replicas and targets spread over the whole of it; a rest of next to nothing is none. */
  private backOff(failures: number): number {
    const { firstMs, longestMs } = this.options;
    const full = Math.min(longestMs, firstMs * 2 ** (failures - 1));
    return Math.max(firstMs / 10, full * this.random());
  }
}

class Trial implements HealthTrial {
  outcome: 'well' | 'failed' | 'abandoned' | undefined;

  constructor(
    private readonly health: TargetHealth,
    readonly place: HealthPlace,
    readonly startedAt: number,
  ) {}

  well(): void {
    this.settle('well');
  }

  abandoned(): void {
    this.settle('abandoned');
  }

  failed(whose: 'target' | 'credential', askedMs: number | undefined): void {
    if (this.outcome !== undefined) return;
    this.settle('failed');
    this.health.rest(this, whose, askedMs);
  }

  private settle(outcome: 'well' | 'failed' | 'abandoned'): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.health.learn(this);
  }
}

function keysOf({ provider, model, credential }: HealthPlace): [target: string, credential: string] {
  return [coolDownKey({ provider, model }), coolDownKey({ provider, model, credential })];
}

function placeOf(place: HealthPlace, key: string): CoolDownPlace {
  const { provider, model } = place;
  return key === coolDownKey({ provider, model }) ? { provider, model } : place;
}
