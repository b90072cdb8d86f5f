import { runScript, type RedisClient } from '@muxgate/redis';
import type { Statement } from './account.js';
import type { Limit, LimitKind } from './limit.js';
import { scripts } from './scripts.js';
import { bucketMs, COARSE_MS } from './sliding-window.js';

/** Names everything here; one hash tag, since one script looks at all limits of a request: one node of a cluster. */
const PREFIX = 'muxgate:{limits}';
const KINDS: Readonly<Record<LimitKind, string>> = { requests: 'r', tokens: 't', slots: 's', budget: 'b' };

export interface ReplicaSettings {
  /** names this process among the replicas, and never another one */
  readonly replica: string;
  /** a replica that is not heard of for so long was killed */
  readonly lifeMs: number;
  /** the window of requests and tokens per minute */
  readonly spanMs: number;
}

/** What a request asks for: place of a statement, amount, place, amount… */
export type Asked = readonly number[];

export interface Verdict {
  /** `later`: there is no room, and another replica has an advance of which some may come back */
  readonly outcome: 'granted' | 'refused' | 'later';
  /** which of what was asked has no room; of several the one that lasts longest */
  readonly refusedBy: number;
  readonly retryAfterMs: number;
  /** of each limit that was asked, this request included if it is granted */
  readonly used: readonly number[];
}

export interface Turn {
  /** by Redis's clock, epoch ms */
  readonly at: number;
  /** the bucket in which advances are booked, which end with it */
  readonly bucket: number;
  readonly advancesEndInMs: number;
  /** Redis knew nothing of this replica: what it holds and has not stated is to be stated */
  readonly isNew: boolean;
  /** Redis has had this turn before, and says nothing of it */
  readonly isRepeated: boolean;
  /** places of statements by which a budget has passed its threshold */
  readonly passed: readonly number[];
  /** in the order of the statements */
  readonly accounts: ReadonlyArray<{ readonly used: number; readonly advance: number }>;
  /** in the order of the requests */
  readonly verdicts: readonly Verdict[];
}

const OUTCOMES = ['refused', 'granted', 'later'] as const;

/** The limits in Redis: what all replicas together have used. */
export class LimitStore {
  constructor(
    private readonly redis: RedisClient,
    private readonly settings: ReplicaSettings,
  ) {}

  /**
   * In one call: what this replica states, then what requests ask for, one after the other, each all or nothing, then
   * advances as far as there is plenty.
   *
   * @param turn counts up; statements of a turn that Redis has had already are passed over, so a turn that was not
   *   answered can be stated again, without requests
   */
  async turn(turn: number, statements: readonly Statement[], requests: readonly Asked[]): Promise<Turn> {
    const { replica, lifeMs, spanMs } = this.settings;
    const stated = `[${statements.map(packStatement).join()}]`;
    const asked = `[${requests.map((request) => `[${request.join()}]`).join()}]`;
    const answer = await runScript(
      this.redis,
      scripts.turn,
      [PREFIX],
      [replica, lifeMs, spanMs, COARSE_MS, turn, stated, asked],
    );
    return readTurn(answer as TurnAnswer);
  }

  /** Says that this replica lives, clears away what killed ones held, and answers how many live. */
  async heartbeat(): Promise<number> {
    const { replica, lifeMs } = this.settings;
    return Number(await runScript(this.redis, scripts.heartbeat, [PREFIX], [replica, lifeMs]));
  }

  /** Nothing of this replica is held any more. */
  async leave(): Promise<void> {
    await runScript(this.redis, scripts.heartbeat, [PREFIX], [this.settings.replica, 0]);
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

/** Of a window the width of a bucket, of a budget its end and its threshold. */
function packLimit({ kind, scope, limit, budget }: Limit): string {
  const window = kind === 'requests' || kind === 'tokens' ? bucketMs(kind, limit) : 0;
  return `"${KINDS[kind]}",${JSON.stringify(scope)},${limit},${budget?.periodEnd ?? window},${budget?.warnAt ?? 0}`;
}

function packStatement({ limit, held, spent, endsAdvance, wanted, corrections }: Statement): string {
  return `[${packLimit(limit)},${held},${spent},${endsAdvance ? 1 : 0},${wanted},[${corrections.join()}]]`;
}

type TurnAnswer = [
  at: number,
  state: number,
  passed: number[],
  accounts: number[],
  verdicts: Array<[code: number, refusedBy: number, retryAfterMs: number, ...used: number[]]>,
];

const STATES = { NEW: 0, KNOWN: 1, REPEATED: 2 } as const;

function readTurn([at, state, passed, accounts, verdicts]: TurnAnswer): Turn {
  const bucket = Math.floor(at / COARSE_MS) * COARSE_MS;
  return {
    at,
    bucket,
    // its time was told in whole milliseconds, and may have been nearly one more
    advancesEndInMs: bucket + COARSE_MS - at - 1,
    isNew: state === STATES.NEW,
    isRepeated: state === STATES.REPEATED,
    passed,
    accounts: Array.from({ length: accounts.length / 2 }, (_, index) => ({
      used: accounts[2 * index] ?? 0,
      advance: accounts[2 * index + 1] ?? 0,
    })),
    verdicts: verdicts.map(([code, refusedBy, retryAfterMs, ...used]) => ({
      outcome: OUTCOMES[code] ?? 'refused',
      refusedBy,
      retryAfterMs,
      used,
    })),
  };
}
