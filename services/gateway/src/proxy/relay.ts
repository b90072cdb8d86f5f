import type { IncomingHttpHeaders } from 'node:http';
import type { AppError } from '@muxgate/runtime';
import type { Dispatcher } from 'undici';
import { StreamFailed, StreamRefused, StreamTruncated, UpstreamBroken } from './errors.js';
import { endsWithLineFeed, lastEventEnd } from './event-boundary.js';
import type { Attempt, Exchange } from './exchange.js';
import { responseHeaders } from './headers.js';
import { createStreamTap, type StreamTap } from './sse-tap.js';
import { upstreamError } from './upstream-error.js';
import { errorEventStatus } from '../targets/retry-class.js';
import { estimateTokens, NO_USAGE, readJsonUsage } from './usage-reader.js';

/** What an attempt comes to, as it shows; of `refused`, `failed`, `told` and `finished` exactly one is called, once. */
export interface RelayOutcome {
  /** whether an answer of this status is only held downstream, since another attempt may take its place */
  holds(exchange: Exchange, status: number, headers: IncomingHttpHeaders): boolean;
  /** the answer goes to the client: nothing can take its place any more */
  committed(exchange: Exchange): void;
  /** the answer is held downstream, as much of it as came: as events, or as one body */
  refused(exchange: Exchange, events: boolean): void;
  failed(exchange: Exchange, error: AppError): void;
  /** a failure of which the upstream itself has told the client, in the stream that ends with it */
  told(exchange: Exchange, error: AppError): void;
  finished(exchange: Exchange): void;
}

/** Held before the commit, or of an event whose end has not come: beyond this, send what there is. */
const MAX_HELD = 256 * 1024;
/** A JSON answer is read for its usage up to this size. */
const MAX_COPY = 2 * 1024 * 1024;

/**
 * One attempt's answer on its way to the client: the bytes as they come, read in passing for usage. The status
 * leaves with the first content. Events leave whole, so that an error event or a ping never lands inside one.
 */
export class Relay implements Dispatcher.DispatchHandler, Attempt {
  private readonly downstream: Exchange['downstream'];
  private controller: Dispatcher.DispatchController | undefined;
  private readonly startedAt = performance.now();
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  /** a model answers: what it has used by now is paid for */
  private answering = false;
  private tap: StreamTap | undefined;
  private copy: Buffer[] | undefined;
  private copied = 0;
  private held = 0;
  /** an event's beginning, whose end has not come */
  private partial: Buffer[] = [];
  private sending = false;
  private refused = false;
  private over = false;

  constructor(
    private readonly exchange: Exchange,
    private readonly outcome: RelayOutcome,
  ) {
    this.downstream = exchange.downstream;
    exchange.attempt = this;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.over) controller.abort(new Error('the client has gone'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    reason?: string,
  ): void {
    if (status < 200) return;
    const { exchange, downstream } = this;
    this.status = status;
    this.headers = headers;
    this.refused = this.outcome.holds(exchange, status, headers);
    const encoding = headers['content-encoding'];
    const plain = encoding === undefined || encoding === 'identity';
    const ok = status >= 200 && status < 300;
    const events = ok && plain && isEventStream(headers['content-type']);
    // a model that has begun an answer which is no stream has been paid for it
    if (!this.refused && !events) this.outcome.committed(exchange);
    if (downstream.committed && !events && !this.refused) return this.refuse();
    this.answering = ok && exchange.surface.operation !== 'count_tokens';
    if (this.answering && plain) {
      if (events) this.tap = createStreamTap(exchange.surface.name);
      else this.copy = [];
    }
    downstream.source = controller;
    downstream.prepare({
      status,
      reason,
      headers: responseHeaders(controller.rawHeaders as readonly Buffer[]),
      events,
    });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return;
    this.held += chunk.length;
    if (this.refused) {
      if (this.held <= MAX_HELD) this.downstream.hold(chunk);
    } else if (this.tap !== undefined) this.relayEvents(this.tap, chunk);
    else this.relayBytes(chunk);
  }

  onResponseEnd(): void {
    if (this.over) return;
    const { tap, exchange, downstream } = this;
    tap?.end();
    this.close();
    if (this.refused) return this.outcome.refused(exchange, false);
    if (tap !== undefined && !tap.protocolEndSeen && !tap.errorEventSeen) {
      const provider = exchange.decision?.provider.name;
      const error = this.sending
        ? new StreamTruncated(`the stream of provider ${provider} ended before its end`)
        : new UpstreamBroken(`provider ${provider} sent a stream without content`);
      return this.outcome.failed(exchange, error);
    }
    for (const chunk of this.partial) downstream.hold(chunk);
    if (tap?.errorEventSeen === true) {
      const provider = exchange.decision?.provider.name;
      return this.outcome.told(
        exchange,
        new StreamFailed(`provider ${provider} ended the stream with an error`),
      );
    }
    this.outcome.finished(exchange);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.over) return;
    this.close();
    if (this.refused) return this.outcome.refused(this.exchange, false);
    const provider = this.exchange.decision?.provider.name ?? '';
    this.outcome.failed(this.exchange, upstreamError(error, provider, this.controller !== undefined));
  }

  private relayEvents(tap: StreamTap, chunk: Buffer): void {
    const { downstream, exchange } = this;
    tap.push(chunk);
    if (tap.atEventBoundary) {
      for (const part of this.partial) downstream.hold(part);
      if (this.partial.length > 0) this.partial = [];
      downstream.hold(chunk);
      downstream.atEventBoundary = true;
    } else this.holdPartial(chunk);
    if (!this.sending) {
      if (tap.firstContentSeen) exchange.firstContentAt = performance.now();
      else if (tap.errorEventSeen && this.refuseStream(tap)) return;
      else if (!tap.protocolEndSeen && !tap.errorEventSeen && this.held <= MAX_HELD) return;
      this.sending = true;
      this.outcome.committed(exchange);
    }
    downstream.send();
  }

  private holdPartial(chunk: Buffer): void {
    const before = this.partial.at(-1);
    const end = lastEventEnd(chunk, before !== undefined && endsWithLineFeed(before));
    if (end > 0) {
      for (const part of this.partial) this.downstream.hold(part);
      this.downstream.hold(chunk.subarray(0, end));
      this.partial = end < chunk.length ? [chunk.subarray(end)] : [];
      this.downstream.atEventBoundary = true;
      this.held = chunk.length - end;
    } else {
      this.partial.push(chunk);
      if (this.held <= MAX_HELD) return;
      for (const part of this.partial) this.downstream.hold(part);
      this.partial = [];
      this.downstream.atEventBoundary = false;
    }
  }

  /** An error as the first event is an answer that may be replaced, as if it had come as a status. */
  private refuseStream(tap: StreamTap): boolean {
    const { exchange, outcome } = this;
    if (!outcome.holds(exchange, errorEventStatus(tap.errorKinds), this.headers)) return false;
    for (const part of this.partial) this.downstream.hold(part);
    this.stop(new Error('the stream began with an error'));
    outcome.refused(exchange, true);
    return true;
  }

  private relayBytes(chunk: Buffer): void {
    const { exchange } = this;
    exchange.firstContentAt ??= performance.now();
    if (this.copy !== undefined) {
      this.copied += chunk.length;
      if (this.copied <= MAX_COPY) this.copy.push(chunk);
      else this.copy = undefined;
    }
    this.sending = true;
    this.downstream.hold(chunk);
    this.downstream.send();
  }

  /** The answer to a stream that a ping has already committed is not a stream: its status comes too late. */
  private refuse(): void {
    const { exchange } = this;
    const provider = exchange.decision?.provider.name;
    this.stop(new Error('not a stream'));
    this.outcome.failed(
      exchange,
      new StreamRefused(`provider ${provider} answered ${this.status} instead of a stream`),
    );
  }

  stop(reason: Error): void {
    if (this.over) return;
    this.close();
    this.controller?.abort(reason);
  }

  /** Takes over into the exchange what this attempt has told. */
  private close(): void {
    this.over = true;
    const { exchange } = this;
    exchange.attempt = undefined;
    exchange.upstreamMs += performance.now() - this.startedAt;
    this.downstream.source = undefined;
    this.takeUsage();
  }

  takeUsage(): void {
    const { exchange, tap, over } = this;
    if (!this.answering || (tap === undefined && !over)) return;
    const protocol = exchange.surface.name;
    // an error instead of an answer costs nothing
    if (tap !== undefined && tap.usage === undefined && !tap.firstContentSeen) return;
    const told = tap === undefined ? readJsonUsage(protocol, Buffer.concat(this.copy ?? [])) : tap.usage;
    exchange.usage = told;
    exchange.usageEstimated = told === undefined || tap?.protocolEndSeen === false;
    if (!exchange.usageEstimated) return;
    exchange.usage = {
      ...NO_USAGE,
      inputTokens: estimateTokens(exchange.bodyLength),
      ...told,
      outputTokens: Math.max(told?.outputTokens ?? 0, tap?.outputTokens ?? estimateTokens(this.held)),
    };
  }
}

function isEventStream(contentType: string | string[] | undefined): boolean {
  return typeof contentType === 'string' && contentType.toLowerCase().startsWith('text/event-stream');
}
