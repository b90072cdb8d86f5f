import type { EventPublisher, EventToPublish } from '@muxgate/events';
import type { AccessVault, CredentialState } from '@muxgate/vault';

const PAGE = 500;

/**
 * Says which credentials need a person. All of them are looked through, so that none is missed; since one occurrence
 * is told once a day, one that nobody cares for is told again each day.
 */
export class WatchCredentials {
  constructor(
    private readonly vault: Pick<AccessVault, 'listStates'>,
    private readonly events: Pick<EventPublisher, 'publish'>,
  ) {}

  async look(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.vault.listStates({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const state of page.items) {
        const event = eventOf(state);
        if (event !== undefined) await this.events.publish(event);
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
}

function eventOf({
  credential,
  provider,
  status,
  generation,
  lastError,
}: CredentialState): EventToPublish | undefined {
  const about = {
    subject: credential,
    occurrence: String(generation),
    data: { provider, code: lastError?.code ?? 'unknown' },
  };
  switch (status) {
    case 'reauthorization_required':
      return {
        ...about,
        type: 'credential.reauthorization_required',
        message: `${provider} no longer accepts the grant of ${credential}; somebody has to connect it again.`,
      };
    case 'blocked_by_provider':
      return {
        ...about,
        type: 'credential.blocked',
        message: `${provider} refuses ${credential}; only its owner can settle that.`,
      };
    default:
      return undefined;
  }
}
