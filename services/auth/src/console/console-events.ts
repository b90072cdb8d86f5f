import { CLIENT_KEY_EVENTS } from '@muxgate/clients';
import { CONFIG_EVENTS } from '@muxgate/revisions';
import type { RedisClient } from '@muxgate/redis';
import { CREDENTIAL_EVENTS, parseChange } from '@muxgate/vault';
import type { MessageEvent, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';

const TYPES: Readonly<Record<string, string>> = {
  [CREDENTIAL_EVENTS]: 'credential',
  [CLIENT_KEY_EVENTS]: 'key',
  [CONFIG_EVENTS]: 'config',
};

/** The changes that all services announce in Redis, told on to the consoles that listen: of a credential its id, of others only that they are. */
export class ConsoleEvents implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly subject = new Subject<MessageEvent>();

  /** @param subscriber a connection in the role `subscriber`; others listen on it too, and close it */
  constructor(private readonly subscriber: RedisClient) {}

  get stream(): Observable<MessageEvent> {
    return this.subject;
  }

  onApplicationBootstrap(): void {
    this.subscriber.on('message', (channel: string, message: string) => {
      const type = TYPES[channel];
      const data = channel === CREDENTIAL_EVENTS ? (parseChange(message)?.credential ?? '') : '';
      if (type !== undefined) this.subject.next({ type, data });
    });
    // without Redis this waits: the connection subscribes once it is there
    this.subscriber.subscribe(...Object.keys(TYPES)).catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.subject.complete();
  }
}
