import type { ServerResponse } from 'node:http';
import type { AppError } from '@muxgate/runtime';
import { tellsLimits } from '../limits/limit-headers.js';
import type { Decision } from './decision.js';
import { errorAnswer, errorEvent } from './error-envelope.js';
import type { Surface } from './surface.js';

/** The head of an answer; headers are flat name-value pairs. */
export interface Head {
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: string[];
  /** a stream of events that is not compressed: pings and an error event can be written into it */
  readonly events: boolean;
}

/** What every answer says about its request. */
export interface AnswerFacts {
  readonly id: string;
  readonly surface: Surface;
  readonly decision: Decision | undefined;
  readonly attempts: number;
  /** flat header pairs; undefined for a request that nothing limits */
  readonly limitHeaders: readonly string[] | undefined;
  /** another attempt may take the place of what is held */
  readonly replaceable: boolean;
  /** the headers of an answer as plugins want them */
  hookedAnswer(status: number, headers: string[]): string[];
}

/** What can be asked to stop and go on sending. */
export interface Source {
  pause(): void;
  resume(): void;
}

/**
 * The client's side of an exchange. Nothing leaves before `send`: until then a head and the chunks after it are
 * only held, and can be dropped or replaced by an error. Chunks of one tick leave as one write.
 */
export class Downstream {
  private head: Head | undefined;
  private held: Buffer[] = [];
  private scheduled = false;
  private finished = false;
  private ended = false;
  private waitsForDrain = false;
  private silence: NodeJS.Timeout | undefined;
  private lastSentAt = 0;
  /** false while the client has seen the beginning of an event and not its end */
  atEventBoundary = true;
  source: Source | undefined;

  constructor(
    private readonly facts: AnswerFacts,
    private readonly res: ServerResponse,
    private readonly pingAfterMs: number,
  ) {}

  /** The status has left: from here on a failure can only be an event, or a cut. */
  get committed(): boolean {
    return this.res.headersSent;
  }

  prepare(head: Head): void {
    if (!this.committed) this.head = head;
  }

  hold(chunk: Buffer): void {
    this.held.push(chunk);
  }

  /** Forgets what was held, for another attempt. */
  drop(): void {
    if (!this.committed) this.head = undefined;
    this.held = [];
    this.atEventBoundary = true;
  }

  /** Sends what is held, at the end of this tick. */
  send(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    process.nextTick(flush, this);
  }

  /** Sends what is held and ends the answer. */
  finish(): void {
    this.finished = true;
    this.flush();
  }

  /** The error as what it can still be: an answer, the surface's error event, or a cut connection. */
  fail(error: AppError): void {
    if (this.ended) return;
    const { id, surface } = this.facts;
    if (!this.committed) {
      this.held = [];
      const answer = errorAnswer(error, surface.envelope, id);
      this.head = { status: answer.status, reason: undefined, headers: [...answer.headers], events: false };
      this.held.push(answer.body);
      this.finish();
    } else if (this.head?.events) {
      const fresh = this.atEventBoundary ? '' : '\n\n';
      this.held.push(Buffer.from(fresh + errorEvent(error, surface.name, id)));
      this.finish();
    } else {
      this.ended = true;
      // a short body must not look like a whole one
      this.res.destroy();
    }
  }

  /** From now on silences are filled with the surface's ping; the first one commits the answer as a stream. */
  keepAwake(): void {
    this.lastSentAt = performance.now();
    this.silence = setTimeout(onSilence, this.pingAfterMs, this);
  }

  stop(): void {
    clearTimeout(this.silence);
    this.ended = true;
    this.held = [];
    this.source = undefined;
  }

  ping(): void {
    if (this.ended) return;
    const silentMs = performance.now() - this.lastSentAt;
    if (silentMs < this.pingAfterMs) {
      this.silence = setTimeout(onSilence, this.pingAfterMs - silentMs, this);
      return;
    }
    this.head ??= streamHead();
    // a client that does not read is slow, not waiting; and half an event must not be cut in two
    if (this.head.events && this.atEventBoundary && !this.waitsForDrain) {
      if (this.facts.replaceable) this.writePing();
      else {
        this.held.push(this.facts.surface.ping);
        this.flush();
      }
    }
    this.silence = setTimeout(onSilence, this.pingAfterMs, this);
  }

  flush(): void {
    this.scheduled = false;
    if (this.ended) return;
    if (!this.committed) this.writeHead();
    const data = this.held.length === 1 ? this.held[0] : Buffer.concat(this.held);
    this.held = [];
    if (this.silence !== undefined) this.lastSentAt = performance.now();
    if (this.finished) {
      this.ended = true;
      clearTimeout(this.silence);
      this.res.end(data);
    } else if (data !== undefined && data.length > 0 && !this.res.write(data)) this.waitForDrain();
  }

  /** Only the ping: what is held may yet be replaced. */
  private writePing(): void {
    if (!this.committed) this.writeHead();
    this.lastSentAt = performance.now();
    this.res.write(this.facts.surface.ping);
  }

  private writeHead(): void {
    const { status, reason, headers: given } = (this.head ??= streamHead());
    const { id, surface, decision, attempts, limitHeaders } = this.facts;
    const headers = this.facts.hookedAnswer(status, given);
    if (limitHeaders !== undefined && !tellsLimits(surface.envelope, headers)) headers.push(...limitHeaders);
    headers.push('x-request-id', id);
    if (decision !== undefined) {
      headers.push('x-muxgate-rule', decision.rule, 'x-muxgate-model', decision.model.name);
      headers.push('x-muxgate-provider', decision.provider.name);
    }
    headers.push('x-muxgate-attempts', String(attempts));
    if (reason === undefined || reason === '') this.res.writeHead(status, headers);
    else this.res.writeHead(status, reason, headers);
  }

  private waitForDrain(): void {
    this.source?.pause();
    if (this.waitsForDrain) return;
    this.waitsForDrain = true;
    this.res.once('drain', () => {
      this.waitsForDrain = false;
      this.source?.resume();
    });
  }
}

function flush(downstream: Downstream): void {
  downstream.flush();
}

function onSilence(downstream: Downstream): void {
  downstream.ping();
}

function streamHead(): Head {
  const headers = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache'];
  return { status: 200, reason: undefined, headers, events: true };
}
