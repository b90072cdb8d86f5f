import { Controller, Header, Sse, type MessageEvent } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import { interval, map, merge, type Observable } from 'rxjs';
import { Needs } from '../admin/admin.guard.js';
import { ConsoleEvents } from './console-events.js';

/** Proxies cut streams that are silent for a minute or so. */
const HEARTBEAT_MS = 20_000;

/** What changes, as it changes: names and ids only, which the console then reads by REST. */
@ApiTags('console')
@Controller('api/events')
export class EventsController {
  constructor(private readonly events: ConsoleEvents) {}

  @Sse()
  @Needs('viewer')
  @Header('x-accel-buffering', 'no')
  @ApiExcludeEndpoint()
  follow(): Observable<MessageEvent> {
    const heartbeat = interval(HEARTBEAT_MS).pipe(map((): MessageEvent => ({ type: 'ping', data: '' })));
    return merge(this.events.stream, heartbeat);
  }
}
