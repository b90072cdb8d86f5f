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
  /** digits: it goes into JSON as it is; absent where nothing has to be settled */
  readonly lease: string | undefined;
}

export interface Settlement {
  /** digits: it goes into JSON as it is */
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

export interface Turn {
  /** budgets that have passed their thresholds by what was settled */
  readonly passed: readonly string[];
  readonly reservations: readonly Reservation[];
}

/** The limits in Redis: what all replicas together have used. Answers come in the order of what was asked. */
export class LimitStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly settings: ReplicaSettings,
  ) {}

  /** In one call: first what is over, then requests, one after the other, each all or nothing. */
  async turn(settlements: readonly Settlement[], requests: readonly ReservationRequest[]): Promise<Turn> {
    const { replica, lifeMs, spanMs } = this.settings;
    const told = `[${settlements.map(packSettlement).join()}]`;
    const asked = `[${requests.map(packRequest).join()}]`;
    const answer = await this.run('turn', [replica, lifeMs, spanMs, told, asked]);
    const [passed, answers] = answer as [string[], number[][]];
    return { passed, reservations: answers.map(readReservation) };
  }

  /** What was spent without a reservation, while Redis was away. Answers the budgets that have passed their thresholds. */
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

function packSettlement({ lease, tokens, costNanoUsd }: Settlement): string {
  return `["${lease}",${tokens},${costNanoUsd}]`;
}

function packRequest({ lease = '', checks }: ReservationRequest): string {
  let packed = `["${lease}"`;
  for (const check of checks) packed += packCheck(check);
  return `${packed}]`;
}

function packCheck({ kind, scope, limit, amount, budget }: Check): string {
  const start = `,["${KINDS[kind]}",${JSON.stringify(scope)},${limit},${amount}`;
  if (budget !== undefined) return `${start},${budget.periodEnd},${budget.warnAt}]`;
  return `${start},${kind === 'requests' || kind === 'tokens' ? bucketMs(kind, limit) : 0},0]`;
}

function readReservation([granted, at = 0, refusedBy = 0, retryAfterMs = 0, ...used]: number[]): Reservation {
  return granted === 1 ? { granted: true, at, used } : { granted: false, at, refusedBy, retryAfterMs, used };
}
