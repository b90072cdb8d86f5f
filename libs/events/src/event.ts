import type { EventType } from '@muxgate/config';

export type { EventType };

/** Plain facts for people and programs; never a secret, a prompt or a client's free text. */
export type EventData = Readonly<Record<string, string | number | boolean>>;

export interface EventToPublish {
  readonly type: EventType;
  /** what it is about: the id of a credential, a key or a team, the name of a provider, a revision */
  readonly subject: string;
  /**
   * Names this occurrence, such as the budget's period or the credential's generation: whoever publishes the same
   * type, subject and occurrence again, in this process or in another, publishes nothing new until `onceUntil`.
   */
  readonly occurrence: string;
  /** epoch milliseconds until which it is not told again; a day at least */
  readonly onceUntil?: number;
  /** one sentence, for people */
  readonly message: string;
  readonly data?: EventData;
}

/** As receivers see it. */
export interface MuxgateEvent {
  /** `evt_…`; the same for every delivery of the same event */
  readonly id: string;
  readonly type: EventType;
  /** ISO 8601 */
  readonly at: string;
  readonly subject: string;
  readonly message: string;
  readonly data: EventData;
}
