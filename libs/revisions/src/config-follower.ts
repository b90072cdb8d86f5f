import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { ConfigInvalid, type ConfigSnapshot, type ConfigSource } from '@muxgate/config';
import { messageOf, type Logger } from '@muxgate/runtime';
import { CONFIG_EVENTS } from './keys.js';
import type { ReplicaReport } from './revision.js';
import type { RevisionStore } from './revision-store.js';

/** The part of a Redis connection that pub/sub needs. */
export interface Subscriber {
  subscribe(channel: string): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
}

export interface ConfigFollowerOptions {
  readonly service: string;
  /** a revision's text → its snapshot; throws ConfigInvalid for one that this process cannot use */
  readonly build: (text: string, revision: number) => ConfigSnapshot | Promise<ConfigSnapshot>;
  /** hears of each revision that this process could not use, once */
  readonly refused?: (revision: number, mistakes: readonly string[]) => void;
  /** what is wrong with the file that this process watches, if anything is */
  readonly fileMistakes?: () => readonly string[] | undefined;
  readonly rereadMs?: number;
}

const REREAD_MS = 1_000;
const REPORT_MS = 5_000;
/** A revision that cannot be used may become usable: a mounted secret can arrive later. */
const RETRY_MS = 10_000;
/** A Redis that is away must not keep the process from starting with its file. */
const START_PATIENCE_MS = 2_500;

/**
 * Brings a process to the revision in force, and keeps it there: by messages and, should one be lost, by reading
 * the number again every second. A revision that it cannot use leaves the old one in place, and is reported.
 */
export class ConfigFollower {
  private readonly id: string;
  private timers: NodeJS.Timeout[] = [];
  private work: Promise<void> = Promise.resolve();
  private problem: ReplicaReport['problem'];
  private triedAt = 0;
  private away = false;
  private stopped = false;

  constructor(
    private readonly source: ConfigSource,
    private readonly store: RevisionStore,
    private readonly subscriber: Subscriber,
    private readonly options: ConfigFollowerOptions,
    private readonly logger: Logger,
  ) {
    this.id = `${options.service}-${randomBytes(6).toString('hex')}`;
  }

  /** Resolves once the revision in force is applied, or is known not to be usable, or Redis stays silent. */
  async start(): Promise<void> {
    this.subscriber.on('message', (channel) => {
      if (channel === CONFIG_EVENTS) void this.follow();
    });
    this.subscriber.subscribe(CONFIG_EVENTS).catch((error: unknown) => this.complain(error));
    const first = this.follow();
    await Promise.race([first, patience(START_PATIENCE_MS)]);
    void this.report();
    this.timers = [
      setInterval(() => void this.follow(), this.options.rereadMs ?? REREAD_MS).unref(),
      setInterval(() => void this.report(), REPORT_MS).unref(),
    ];
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers) clearInterval(timer);
    await this.store.forget(this.id).catch(() => undefined);
  }

  /** One after the other; never rejects. */
  follow(): Promise<void> {
    this.work = this.work
      .then(() => this.catchUp())
      .then(
        () => {
          this.away = false;
        },
        (error: unknown) => this.complain(error),
      );
    return this.work;
  }

  private async catchUp(): Promise<void> {
    if (this.stopped) return;
    const number = await this.store.current();
    if (number === 0 || number === this.source.current().revision) return;
    if (this.problem?.revision === number && Date.now() < this.triedAt + RETRY_MS) return;
    const revision = await this.store.get(number);
    if (revision === undefined) return;
    this.triedAt = Date.now();
    try {
      this.source.swap(await this.options.build(revision.text, number));
      this.problem = undefined;
      this.logger.info(
        { revision: number, by: revision.by, source: revision.source },
        'configuration applied',
      );
    } catch (error) {
      this.refuse(number, error);
    }
    await this.report();
  }

  private refuse(number: number, error: unknown): void {
    const mistakes = error instanceof ConfigInvalid ? error.problems : ['an unexpected error; see the log'];
    const known = this.problem?.revision === number;
    this.problem = { revision: number, mistakes };
    if (known) return;
    const said = error instanceof ConfigInvalid ? { mistakes } : { err: error };
    this.logger.error({ revision: number, ...said }, 'a revision cannot be used here, the old one stays');
    this.options.refused?.(number, mistakes);
  }

  /** Tells the others how this process stands; by itself every few seconds. */
  async report(): Promise<void> {
    const fileMistakes = this.options.fileMistakes?.();
    const report = {
      id: this.id,
      service: this.options.service,
      host: hostname(),
      revision: this.source.current().revision,
      ...(this.problem === undefined ? {} : { problem: this.problem }),
      ...(fileMistakes === undefined ? {} : { fileMistakes }),
      seenAt: Date.now(),
    };
    if (!this.stopped) await this.store.report(report).catch((error: unknown) => this.complain(error));
  }

  private complain(error: unknown): void {
    if (!this.away)
      this.logger.warn({ reason: messageOf(error) }, 'revisions cannot be read; the configuration stays');
    this.away = true;
  }
}

function patience(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
