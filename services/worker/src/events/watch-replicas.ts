import type { EventPublisher } from '@muxgate/events';
import type { RevisionStore } from '@muxgate/revisions';

/** Says when a replica cannot run the revision in force. */
export class WatchReplicas {
  constructor(
    private readonly revisions: Pick<RevisionStore, 'replicas'>,
    private readonly events: Pick<EventPublisher, 'publish'>,
  ) {}

  async look(): Promise<void> {
    for (const { service, problem } of await this.revisions.replicas()) {
      if (problem === undefined) continue;
      const { revision, mistakes } = problem;
      await this.events.publish({
        type: 'config.rejected',
        subject: `revision ${revision}`,
        occurrence: service,
        message: `A ${service} cannot run revision ${revision} and keeps an older one.`,
        data: { service, mistakes: mistakes.slice(0, 5).join('; ') },
      });
    }
  }
}
