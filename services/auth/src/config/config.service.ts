import { ConfigInvalid, type Mistake } from '@muxgate/config';
import { diffOf, type ConfigFollower, type Revision, type RevisionStore } from '@muxgate/revisions';
import type { AuditTrail } from '@muxgate/audit';
import type { Caller } from '../http/caller.js';
import { ConfigRefused, ConfigStale, RevisionNotFound } from './config.errors.js';
import type { ConfigFile } from './config-file.js';
import type { ConfigMetrics } from './config.metrics.js';
import type { ConfigSubmission } from './config.submission.js';
import { configView, type CommittedView, type ConfigView, type ValidationView } from './config.view.js';

/** What the configuration is, was and shall be. Each change is checked whole before it becomes a revision. */
export class ConfigService {
  constructor(
    readonly store: RevisionStore,
    private readonly follower: ConfigFollower,
    private readonly file: ConfigFile,
    private readonly check: (text: string) => void,
    private readonly trail: AuditTrail,
    private readonly metrics: ConfigMetrics,
  ) {}

  async show(): Promise<ConfigView> {
    const current = await this.current();
    return configView(current, this.file.state, await this.store.replicas());
  }

  /** @throws RevisionNotFound, also where the bounds of the history dropped it */
  async revision(number: number): Promise<Revision> {
    const revision = await this.store.get(number);
    if (revision === undefined) throw new RevisionNotFound('There is no such revision, or not any more.');
    return revision;
  }

  async validate({ text }: ConfigSubmission): Promise<ValidationView> {
    const mistakes = this.mistakesOf(text);
    const current = await this.current();
    const diff = diffOf(named(current), { name: 'submitted', text });
    return { valid: mistakes.length === 0, mistakes, diff };
  }

  /** @throws ConfigRefused with every mistake; ConfigStale when `expected` is not in force any more */
  async change(
    { text, comment }: ConfigSubmission,
    expected: number | undefined,
    caller: Caller,
    action: string,
  ): Promise<CommittedView> {
    const mistakes = this.mistakesOf(text);
    if (mistakes.length > 0) {
      this.metrics.rejected.inc({ source: 'api' });
      throw new ConfigRefused(`The configuration has ${mistakes.length} mistake(s); the old one stays.`, {
        members: { mistakes },
      });
    }
    const { outcome, number } = await this.store.commitFromApi(
      { text, by: caller.name, ...(comment === undefined ? {} : { comment }) },
      expected,
    );
    if (outcome === 'stale') throw stale(number);
    await this.follower.follow();
    if (outcome === 'created') await this.record(caller, action, number, comment);
    return { revision: number, changed: outcome === 'created' };
  }

  private async current(): Promise<Revision> {
    return this.revision(await this.store.current());
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

  private record(caller: Caller, action: string, revision: number, comment?: string): Promise<void> {
    return this.trail.record({
      actor: caller.name,
      action,
      subject: String(revision),
      outcome: 'success',
      from: caller.address,
      details: comment === undefined ? {} : { comment },
    });
  }
}

export function named({ number, text }: Pick<Revision, 'number' | 'text'>): { name: string; text: string } {
  return { name: `revision ${number}`, text };
}

function stale(current: number): Error {
  return new ConfigStale(`Revision ${current} came first; read it, and send the change again.`, {
    members: { revision: current },
    headers: { etag: `"${current}"` },
  });
}
