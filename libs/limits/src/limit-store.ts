import { runScript, type RedisClient } from '@muxgate/redis';
import type { Check, CheckKind, Reservation } from './check.js';
import { scripts } from './scripts.js';
import { bucketMs } from './sliding-window.js';

/** Names everything here; one hash tag, since one script looks at all limits of a request: one node of a cluster. */
const PREFIX = 'muxgate:{limits}';
const KINDS: Readonly<Record<CheckKind, string>> = { requests: 'r', tokens: 't', slots: 's', budget: 'b' };

export interface ReplicaSettings {
  /** names this process among the replicas, and never another one */
  readonly replica: string;
  /** a replica that is not heard of for so long was killed */
  readonly lifeMs: number;
  /** the window of requests and tokens per minute */
  readonly spanMs: number;
}

export interface ReservationRequest {
  readonly checks: readonly Check[];
  /** absent where nothing has to be settled */
  readonly lease: string | undefined;
}

export interface Settlement {
  readonly lease: string;
  readonly tokens: number;
  readonly costNanoUsd: number;
}

export interface Spending {
  readonly scope: string;
  readonly costNanoUsd: number;
  readonly warnAt: number;
  readonly periodEnd: number;
}

/** The limits in Redis: what all replicas together have used. Answers come in the order of what was asked. */
export class LimitStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly settings: ReplicaSettings,
  ) {}

  /** Each all or nothing, one after the other, in one call. */
  async reserve(requests: readonly ReservationRequest[]): Promise<Reservation[]> {
    const { replica, lifeMs, spanMs } = this.settings;
    const args: Array<string | number> = [replica, lifeMs, spanMs];
    for (const { lease = '', checks } of requests) {
      args.push(lease, checks.length);
      for (const check of checks) pushCheck(args, check);
    }
    const answers = (await this.run('reserve', args)) as number[][];
    return answers.map(([granted = 0, at = 0, refusedBy = 0, retryAfterMs = 0, ...used]) =>
      granted === 1 ? { granted: true, at, used } : { granted: false, at, refusedBy, retryAfterMs, used },
    );
  }

  /** Answers the budgets that have passed their thresholds by it. */
  async settle(settlements: readonly Settlement[]): Promise<string[]> {
    const args: Array<string | number> = [this.settings.replica, this.settings.spanMs];
    for (const { lease, tokens, costNanoUsd } of settlements) args.push(lease, tokens, costNanoUsd);
    return (await this.run('settle', args)) as string[];
  }

  /** What was spent without a reservation, while Redis was away. Answers as `settle`. */
  async spend(spendings: readonly Spending[]): Promise<string[]> {
    const args = spendings.flatMap(({ scope, costNanoUsd, warnAt, periodEnd }) => [
      scope,
      costNanoUsd,
      warnAt,
      periodEnd,
    ]);
    return (await this.run('spend', args)) as string[];
  }

  /** Says that this replica lives, clears away what killed ones held, and answers how many live. */
  async heartbeat(): Promise<number> {
    return Number(await this.run('heartbeat', [this.settings.replica, this.settings.lifeMs]));
  }

  /** Nothing of this replica counts any more. */
  async leave(): Promise<void> {
    await this.run('heartbeat', [this.settings.replica, 0]);
  }

  private run(name: keyof typeof scripts, args: readonly (string | number)[]): Promise<unknown> {
    return runScript(this.redis, scripts[name], [PREFIX], args);
  }
}

/** What budgets have spent, nano-USD, by their scopes; what is in flight is not spent yet. */
export async function budgetsSpent(
  redis: RedisClient,
  scopes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const spent = await Promise.all(scopes.map((scope) => redis.hget(`${PREFIX}:budget:${scope}`, 'spent')));
  return new Map(scopes.map((scope, index) => [scope, Number(spent[index] ?? 0)]));
}

function pushCheck(args: Array<string | number>, { kind, scope, limit, amount, budget }: Check): void {
  args.push(KINDS[kind], scope, limit, amount);
  if (budget !== undefined) args.push(budget.periodEnd, budget.warnAt);
  else args.push(kind === 'requests' || kind === 'tokens' ? bucketMs(kind, limit) : 0, 0);
}
