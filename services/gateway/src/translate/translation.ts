import { randomBytes } from 'node:crypto';
import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { AppError } from '@muxgate/runtime';
import type { Credential } from '../proxy/credential.js';
import { errorAnswer } from '../proxy/error-envelope.js';
import type { Attempt, Exchange } from '../proxy/exchange.js';
import type { RelayOutcome } from '../proxy/relay.js';
import type { Upstreams } from '../proxy/upstream.js';
import { estimateTokens, NO_USAGE, type Usage } from '../proxy/usage-reader.js';
import type { AnswerFacts } from './answer.js';
import { answerBlocks } from './answer-blocks.js';
import type { Dialect } from './dialect.js';
import { Dropped } from './dropped.js';
import { truncated, wholeFinish } from './finish.js';
import { fit } from './fit.js';
import { isObject, type Json } from './json.js';
import { readJsonBody } from './read-json-body.js';
import { StreamedAnswer } from './streamed-answer.js';
import { ADAPTERS, type SurfaceAdapter } from './surface-adapter.js';
import { translationError, UpstreamRefused } from './translation-error.js';
import { upstreamFetch } from './upstream-fetch.js';
import { upstreamModel, type UpstreamModel } from './upstream-model.js';

const STREAM_HEADERS = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache'];

/**
 * One attempt at a target that speaks another protocol than the client: what `Relay` is for its own. The request is
 * read whole, asked of the upstream in its dialect, and the answer written in the client's.
 */
export class Translation implements Attempt {
  private readonly adapter: SurfaceAdapter;
  private readonly dropped = new Dropped();
  private readonly aborted = new AbortController();
  private readonly startedAt = performance.now();
  private readonly provider: string;
  private answered = false;
  private over = false;
  private streamed: StreamedAnswer | undefined;

  constructor(
    private readonly exchange: Exchange,
    private readonly outcome: RelayOutcome,
  ) {
    this.adapter = ADAPTERS[exchange.surface.name];
    this.provider = exchange.decision?.provider.name ?? '';
    exchange.attempt = this;
  }

  /** What goes wrong upstream goes to the outcome. @throws RequestMalformed */
  send(upstreams: Upstreams, dialect: Dialect, credential: Credential, body: Buffer): void {
    const { decision } = this.exchange;
    if (decision === undefined) return;
    const { provider, target } = decision;
    // here, and not in `run`, whose frame lives as long as the answer: no body may stay in it
    const call = this.prepareCall(dialect, target.model, body);
    const fetch = upstreamFetch({
      upstreams,
      provider,
      credential,
      outgoing: (headers) => this.exchange.outgoing(headers),
      onAnswer: (status) => {
        this.answered = true;
        this.exchange.trace?.answered(status);
      },
    });
    const model = upstreamModel(provider, dialect, target.model, fetch, credential);
    const run = this.exchange.stream ? this.stream(model, call, dialect) : this.generate(model, call);
    run.catch((error: unknown) => this.fail(translationError(error, this.provider, this.answered)));
  }

  /** Gives up; the outcome is not told. */
  stop(reason: Error): void {
    this.close();
    this.aborted.abort(reason);
  }

  private prepareCall(dialect: Dialect, model: string, body: Buffer): Call {
    const { exchange, dropped } = this;
    const request = readJsonBody(body);
    const version = exchange.req.headers['anthropic-version'];
    const read = this.adapter.read(request, dropped, typeof version === 'string' ? version : undefined);
    const options = { ...fit(read, dialect, model, dropped), abortSignal: this.aborted.signal };
    const facts = {
      id: randomBytes(12).toString('hex'),
      model: exchange.requestedModel,
      createdAt: Math.floor(Date.now() / 1000),
      request: echoed(request),
    };
    return { options, facts };
  }

  private async generate(model: UpstreamModel, { options, facts }: Call): Promise<void> {
    const result = await model.doGenerate(options);
    if (this.over) return;
    this.outcome.committed(this.exchange);
    this.dropped.warnings(result.warnings);
    this.dropped.uncarried(result.content);
    const finish = wholeFinish(result, this.provider);
    const answer = this.adapter.answer(answerBlocks(result.content, finish), finish, facts);
    this.exchange.firstContentAt = performance.now();
    const body = Buffer.from(JSON.stringify(answer));
    this.exchange.usage = finish.usage ?? this.estimate(estimateTokens(body.length));
    this.prepare(200, ['content-type', 'application/json', 'content-length', String(body.length)], false);
    this.exchange.downstream.hold(body);
    this.finish();
  }

  private async stream(model: UpstreamModel, { options, facts }: Call, dialect: Dialect): Promise<void> {
    const { exchange } = this;
    const { downstream } = exchange;
    const streamed = new StreamedAnswer(this.adapter.writer(facts), this.provider);
    this.streamed = streamed;
    // a ping may commit this head before upstream answers
    this.prepare(200, STREAM_HEADERS, true);
    const reader = await openStream(model, options, dialect);
    if (this.over) return;
    const gate = new Gate();
    downstream.source = gate;
    for (;;) {
      const { done, value } = await reader.read();
      if (this.over) return;
      if (done) throw truncated(this.provider);
      if (value.type === 'stream-start') {
        this.dropped.warnings(value.warnings);
        this.prepare(200, STREAM_HEADERS, true);
        continue;
      }
      const wire = streamed.push(value);
      if (wire !== '') {
        if (exchange.firstContentAt === undefined) {
          exchange.firstContentAt = performance.now();
          this.outcome.committed(exchange);
        }
        downstream.hold(Buffer.from(wire));
        // the first content commits at once: what fails in this same tick must find it so
        if (downstream.committed) downstream.send();
        else downstream.flush();
      }
      if (streamed.finished !== undefined) {
        exchange.usage = streamed.finished.usage;
        return this.finish();
      }
      if (gate.closed !== undefined) await gate.closed;
      if (this.over) return;
    }
  }

  private prepare(status: number, headers: readonly string[], events: boolean): void {
    this.exchange.downstream.prepare({
      status,
      reason: undefined,
      headers: [...headers, ...this.dropped.headers],
      events,
    });
  }

  private finish(): void {
    this.close();
    this.outcome.finished(this.exchange);
  }

  /** An upstream's own refusal is an answer like any other while nothing was sent; later it is a failure. */
  private fail(error: AppError): void {
    if (this.over) return;
    const { exchange } = this;
    const { downstream, surface, id } = exchange;
    this.close();
    this.aborted.abort(error);
    if (!(error instanceof UpstreamRefused) || exchange.firstContentAt !== undefined)
      return this.outcome.failed(exchange, error);
    const held = this.outcome.holds(exchange, error.status, error.advice);
    if (!downstream.committed) {
      const answer = errorAnswer(error, surface.envelope, id);
      downstream.drop();
      this.prepare(error.status, [...answer.headers, ...Object.entries(error.advice).flat()], false);
      downstream.hold(answer.body);
    } else if (!held) return this.outcome.failed(exchange, error);
    if (held) this.outcome.refused(exchange, false);
    else this.outcome.finished(exchange);
  }

  /** Takes over into the exchange what this attempt has told. */
  private close(): void {
    if (this.over) return;
    this.over = true;
    const { exchange } = this;
    exchange.attempt = undefined;
    exchange.upstreamMs += performance.now() - this.startedAt;
    exchange.downstream.source = undefined;
    this.takeUsage();
  }

  takeUsage(): void {
    const { exchange, streamed } = this;
    if (streamed?.begun !== true) return;
    const told = streamed.finished?.usage;
    exchange.usageEstimated = told === undefined;
    exchange.usage = told ?? this.estimate(streamed.outputTokens);
  }

  private estimate(outputTokens: number): Usage {
    const { exchange } = this;
    exchange.usageEstimated = true;
    return { ...NO_USAGE, inputTokens: estimateTokens(exchange.bodyLength), outputTokens };
  }
}

interface Call {
  readonly options: LanguageModelV4CallOptions;
  readonly facts: AnswerFacts;
}

/**
 * The library holds on to what it was given until the answer ends: the conversation is taken from it. Not from a
 * request to Gemini, which it sends once more where an answer is continued.
 */
async function openStream(
  model: UpstreamModel,
  options: LanguageModelV4CallOptions,
  dialect: Dialect,
): Promise<ReadableStreamDefaultReader<LanguageModelV4StreamPart>> {
  const { stream, request } = await model.doStream(options);
  options.prompt.length = 0;
  if (dialect !== 'gemini' && dialect !== 'vertex' && isObject(request?.body))
    for (const name of Object.keys(request.body)) delete request.body[name];
  return stream.getReader();
}

/** What a client that does not keep up closes, until it has read. */
class Gate {
  closed: Promise<void> | undefined;
  private open: (() => void) | undefined;

  pause(): void {
    this.closed ??= new Promise((resolve) => {
      this.open = resolve;
    });
  }

  resume(): void {
    this.open?.();
    this.closed = undefined;
  }
}

/** What an answer may repeat of its request; the conversation is not kept while the answer streams. */
function echoed({ messages: _messages, input: _input, system: _system, ...rest }: Json): Json {
  return rest;
}
