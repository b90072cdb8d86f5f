import type { Asked, Limit, LimitStore, Statement, Turn } from '@muxgate/limits';
import { messageOf, type Logger } from '@muxgate/runtime';

export interface LimitTurnsOptions {
  readonly heartbeatMs: number;
  /** without an answer for so long, this replica decides by itself */
  readonly waitMs: number;
}

export interface LimitTurnsListener {
  /** Redis does not answer */
  left(): void;
  /** it does again */
  returned(): void;
  /** it knew nothing of this replica: all that is held is to be stated */
  forgotten(): void;
  /** a budget has passed its threshold */
  passed(limit: Limit): void;
}

/** What Redis may have heard, or not. */
interface Unanswered {
  readonly turn: number;
  readonly statements: readonly Statement[];
}

/** In which an answer may come. */
const WAIT_LOOKS = 10;

/**
 * What this replica and Redis say to each other of limits, one turn after the other. A turn that had no answer is stated again,
 * under its number, before there is another one; whether Redis answers at all, a heartbeat finds out.
 */
export class LimitTurns {
  private number = 0;
  private unanswered: Unanswered | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private away = false;
  private stopped = false;
  /** how many share the limits, as far as is known */
  replicas = 1;

  constructor(
    private readonly store: LimitStore,
    private readonly options: LimitTurnsOptions,
    private readonly logger: Logger,
    private readonly listener: LimitTurnsListener,
  ) {}

  async start(): Promise<void> {
    await this.beat();
    if (this.stopped) return;
    this.heartbeat = setTimeout(() => void this.start(), this.options.heartbeatMs).unref();
  }

  /** Ends the heartbeat; what is left to be said can be said. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.heartbeat);
  }

  /** Nothing is held any more. */
  async leave(): Promise<void> {
    if (this.away) return;
    await this.store.leave().catch(() => undefined);
  }

  get isAway(): boolean {
    return this.away;
  }

  get hasUnanswered(): boolean {
    return this.unanswered !== undefined;
  }

  /** What Redis may not have heard: without the requests, which have been told that there was no answer. */
  async stateAgain(): Promise<void> {
    if (this.unanswered === undefined) return;
    const { turn, statements } = this.unanswered;
    if ((await this.send(turn, statements, [])) !== undefined) this.unanswered = undefined;
  }

  /** Undefined where Redis does not answer: what was stated will be stated again, what was asked is not held. */
  async take(statements: readonly Statement[], requests: readonly Asked[]): Promise<Turn | undefined> {
    const turn = ++this.number;
    const answer = await this.send(turn, statements, requests);
    if (answer === undefined) this.unanswered = { turn, statements };
    return answer;
  }

  private async send(
    turn: number,
    statements: readonly Statement[],
    requests: readonly Asked[],
  ): Promise<Turn | undefined> {
    try {
      const answer = await this.inTime(this.store.turn(turn, statements, requests));
      if (answer.isNew) this.listener.forgotten();
      for (const place of answer.passed) this.listener.passed((statements[place] as Statement).limit);
      return answer;
    } catch (error) {
      this.lose(error);
      return undefined;
    }
  }

  private async beat(): Promise<void> {
    try {
      this.replicas = Math.max(1, await this.inTime(this.store.heartbeat()));
      if (!this.away) return;
      this.away = false;
      this.logger.info('limits are shared again');
      this.listener.returned();
    } catch (error) {
      this.lose(error);
    }
  }

  private lose(error: unknown): void {
    if (this.away) return;
    this.away = true;
    this.logger.warn(
      { reason: messageOf(error), replicas: this.replicas },
      'limits are kept by this replica alone, its share of each',
    );
    this.listener.left();
  }

  /** In several looks: time in which this process stood still is not time in which Redis was silent. */
  private inTime<T>(work: Promise<T>): Promise<T> {
    const { waitMs } = this.options;
    return new Promise((resolve, reject) => {
      let looks = 0;
      const timer = setInterval(() => {
        if (++looks === WAIT_LOOKS) reject(new Error(`no answer within ${waitMs} ms`));
      }, waitMs / WAIT_LOOKS);
      work.then(resolve, reject).finally(() => clearInterval(timer));
    });
  }
}
