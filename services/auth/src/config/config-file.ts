import type { AuditOutcome, AuditTrail } from '@muxgate/audit';
import { ConfigInvalid, type Mistake } from '@muxgate/config';
import type { EventPublisher } from '@muxgate/events';
import { digestOf, FileWatch, type RevisionStore } from '@muxgate/revisions';
import { messageOf, type Logger } from '@muxgate/runtime';
import type { ConfigMetrics } from './config.metrics.js';

/** How the file stands to the revisions, as this process sees it. */
export interface FileState {
  /** `pending`: Redis has not taken it yet */
  readonly state: 'taken' | 'rejected' | 'unreadable' | 'pending';
  readonly hash?: string;
  readonly mistakes: readonly Mistake[];
}

const RETRY_MS = 1_000;

/**
 * Makes a revision of the file whenever its text changes. Replicas that see the same text make one; a text that was
 * taken over before this start is not taken again, so a restart undoes nothing. A mistaken file changes nothing.
 */
export class ConfigFile {
  private current: FileState = { state: 'pending', mistakes: [] };
  private readonly watch: FileWatch;
  private retry: NodeJS.Timeout | undefined;
  private changed: () => void = () => undefined;

  constructor(
    file: string,
    private readonly check: (text: string) => void,
    private readonly store: RevisionStore,
    private readonly events: EventPublisher,
    private readonly trail: AuditTrail,
    private readonly metrics: ConfigMetrics,
    private readonly logger: Logger,
  ) {
    this.watch = new FileWatch(file, (text) => this.take(text));
  }

  /**
   * Resolves when the file was looked at once.
   * @param changed is called after each attempt to take the file over
   */
  async start(changed: () => void): Promise<void> {
    this.changed = changed;
    await this.watch.start();
  }

  stop(): void {
    this.watch.stop();
    clearTimeout(this.retry);
  }

  get state(): FileState {
    return this.current;
  }

  get mistakes(): readonly string[] | undefined {
    const { mistakes } = this.current;
    if (mistakes.length === 0) return undefined;
    return mistakes.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  }

  async take(text: string | undefined): Promise<void> {
    clearTimeout(this.retry);
    if (text === undefined) {
      this.current = { state: 'unreadable', mistakes: [{ path: '', message: 'the file cannot be read' }] };
      this.logger.error('the configuration file cannot be read; the configuration stays');
    } else {
      const hash = digestOf(text);
      const mistakes = this.mistakesOf(text);
      if (mistakes.length > 0) await this.reject(hash, mistakes);
      else await this.commit(text, hash);
    }
    this.changed();
  }

  private mistakesOf(text: string): readonly Mistake[] {
    try {
      this.check(text);
      return [];
    } catch (error) {
      if (error instanceof ConfigInvalid) return error.mistakes;
      throw error;
    }
  }

  private async reject(hash: string, mistakes: readonly Mistake[]): Promise<void> {
    this.current = { state: 'rejected', hash, mistakes };
    this.metrics.rejected.inc({ source: 'file' });
    this.logger.error({ mistakes }, 'the changed configuration file is not valid; the configuration stays');
    const message = `The configuration file has ${mistakes.length} mistake(s); the configuration stays.`;
    await this.events
      .publish({ type: 'config.rejected', subject: 'file', occurrence: hash, message })
      .catch((error: unknown) =>
        this.logger.warn({ reason: messageOf(error) }, 'an event was not published'),
      );
    await this.record('file', 'failure', { code: 'config_invalid', mistakes: mistakes.length });
  }

  private async commit(text: string, hash: string): Promise<void> {
    try {
      const { outcome, number } = await this.store.commitFromFile(text);
      this.current = { state: 'taken', hash, mistakes: [] };
      if (outcome !== 'created') return;
      this.logger.info({ revision: number }, 'the configuration file is a revision');
      await this.record(String(number), 'success');
    } catch (error) {
      this.current = { state: 'pending', hash, mistakes: [] };
      this.logger.warn({ reason: messageOf(error) }, 'the configuration file could not be stored; trying on');
      this.retry = setTimeout(() => void this.take(text), RETRY_MS).unref();
    }
  }

  /** Who wrote the file is not known here; their deployment knows. */
  private record(subject: string, outcome: AuditOutcome, details = {}): Promise<void> {
    return this.trail.record({ actor: 'file', action: 'config.change', subject, outcome, details });
  }
}
