import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { decideAnswer } from './answer.js';
import { deliverBody, deliverStream } from './answer-delivery.js';
import { AnswerSink } from './answer-sink.js';
import { anthropicApi, countPromptTokens } from './anthropic-api.js';
import { geminiApi, geminiCall } from './gemini-api.js';
import { readBody } from './http.js';
import { isObject, type JsonObject } from './json.js';
import { answerModels } from './models.js';
import { openaiChatApi } from './openai-chat-api.js';
import { openaiResponsesApi } from './openai-responses-api.js';
import { PromptCache } from './prompt-cache.js';
import type { LoggedResponse, RequestLog } from './request-log.js';
import type { Stats } from './stats.js';
import { FailureBudget, readSteering, type Steering } from './steering.js';
import type { AnswerContext, Frame, VendorApi } from './vendor-api.js';
import { VendorError } from './vendor-error.js';

const BODY_LIMIT = 32 * 1024 * 1024;

export interface LlmServerParts {
  readonly mayInvoke: (accessToken: string) => Promise<boolean>;
  readonly stats: Stats;
  readonly log: RequestLog;
  readonly now: () => number;
}

interface Exchange {
  readonly api: VendorApi;
  readonly headers: IncomingHttpHeaders;
  readonly context: AnswerContext;
  readonly sink: AnswerSink;
  readonly steering: Steering;
}

/** The simulated LLM APIs: authenticate, obey the steering, parse, answer. */
export class LlmServer {
  private readonly cache = new PromptCache();
  private readonly budget = new FailureBudget();

  constructor(private readonly parts: LlmServerParts) {}

  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { stats, log, now } = this.parts;
    stats.requestStarted(`${request.method} ${path}`);
    const context = { id: randomBytes(12).toString('hex'), now: now() };
    const api = apiFor(path, request.headers);
    let logged: LoggedResponse = { bytes: 0, outcome: 'open' };
    try {
      const body = await readBody(request, BODY_LIMIT);
      logged = log.record(request, body, context.now).response;
      const steering = this.budget.apply(readSteering(request.headers));
      const sink = new AnswerSink(response, logged, {
        encoding: steering.encoding,
        hash: steering.tag !== undefined,
      });
      await this.authenticate(request.headers);
      const exchange = { api, headers: request.headers, context, sink, steering };
      if (steering.delayMs > 0)
        await sleep(steering.delayMs, undefined, { signal: sink.gone }).catch(() => undefined);
      if (!sink.gone.aborted && !(await refuseAsTold(exchange)))
        await this.answer(request, exchange, path, body);
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else
        await sendError(
          api,
          new AnswerSink(response, logged, { encoding: undefined, hash: false }),
          error,
          context,
        );
    } finally {
      stats.requestEnded(logged.status);
    }
  }

  private async authenticate(headers: IncomingHttpHeaders): Promise<void> {
    const key = headers['x-api-key'] ?? headers['x-goog-api-key'];
    const token =
      /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? (typeof key === 'string' ? key : undefined);
    if (token === undefined)
      throw new VendorError(401, 'no access token: send Authorization: Bearer, x-api-key or x-goog-api-key');
    if (!(await this.parts.mayInvoke(token))) throw new VendorError(401, 'invalid or expired access token');
  }

  private async answer(
    request: IncomingMessage,
    exchange: Exchange,
    path: string,
    raw: Buffer,
  ): Promise<void> {
    const { api, headers, sink, steering, context } = exchange;
    const { stats } = this.parts;
    const model = /^\/v1\/models(?:\/(.+))?$/.exec(path);
    if (model !== null && (request.method === 'GET' || request.method === 'HEAD')) {
      return sendBody(exchange, answerModels(api === anthropicApi, model[1]));
    }
    if (model !== null || request.method !== 'POST') throw new VendorError(405, 'method not allowed');
    const body = parseBody(raw);
    if (path === '/v1/messages/count_tokens') return sendBody(exchange, countPromptTokens(body, headers));
    const turn = api.parse({ ...body, ...geminiCall(path) }, headers, this.cache);
    const answer = decideAnswer(turn, steering);
    const overloaded = new VendorError(529, 'Overloaded');
    if (!turn.stream) {
      if (steering.fail === 'early-error' || steering.fail === 'mid-stream-error') throw overloaded;
      stats.billed(turn.model, answer.usage, steering.fail === undefined ? 'whole' : 'interrupted');
      return sendBody(exchange, api.json(turn, answer, context));
    }
    stats.streamOpened();
    sink.head(200, {
      ...api.headers(requestIdOf(context), context.now),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    });
    const frames = (): Iterable<Frame> => api.frames(turn, answer, context);
    const sent = await deliverStream(sink, frames, steering, api.errorFrames(overloaded));
    stats.streamEnded(
      sink.gone.aborted ? 'aborted' : steering.fail === undefined ? 'finished' : 'failedOnPurpose',
    );
    // an error instead of an answer costs nothing
    if (steering.fail === 'early-error') return;
    const usage = { ...answer.usage, output: Math.ceil(answer.usage.output * sent) };
    stats.billed(
      turn.model,
      usage,
      sink.gone.aborted || steering.fail !== undefined ? 'interrupted' : 'whole',
    );
  }
}

/** Whose API a request means: the path says, but for the model list, which both vendors have. */
export function apiFor(path: string, headers: IncomingHttpHeaders): VendorApi {
  if (path.startsWith('/v1beta/')) return geminiApi;
  if (path === '/v1/chat/completions') return openaiChatApi;
  if (path === '/v1/responses') return openaiResponsesApi;
  const anthropic = path.startsWith('/v1/messages') || 'anthropic-version' in headers;
  return anthropic ? anthropicApi : openaiChatApi;
}

/** The failures that need no answer to break. @returns whether one of them was asked for. */
async function refuseAsTold({ api, sink, steering, context }: Exchange): Promise<boolean> {
  const { fail, status, retryAfter } = steering;
  if (fail === 'hang') {
    await sink.fail('never');
    return true;
  }
  if (fail === 'html') {
    const page = `<html><head><title>${status ?? 502}</title></head><body><h1>Bad gateway</h1></body></html>\n`;
    sink.head(status ?? 502, { 'content-type': 'text/html' }, page.length);
    await sink.end(page);
    return true;
  }
  if (fail === 'reset' && steering.failAfter === 0) {
    await sink.fail('reset');
    return true;
  }
  if (status === undefined) return false;
  const extra = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  await sendError(api, sink, new VendorError(status, `status ${status}, as asked`, null, extra), context);
  return true;
}

function parseBody(raw: Buffer): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(raw.toString());
  } catch {
    throw new VendorError(400, 'The request body is not valid JSON');
  }
  if (!isObject(body)) throw new VendorError(400, 'The request body must be a JSON object');
  return body;
}

function requestIdOf({ id }: AnswerContext): string {
  return `req_${id}`;
}

async function sendBody({ api, sink, steering, context }: Exchange, value: object): Promise<void> {
  const body = Buffer.from(JSON.stringify(value));
  sink.head(
    200,
    { ...api.headers(requestIdOf(context), context.now), 'content-type': 'application/json' },
    body.length,
  );
  await deliverBody(sink, body, steering);
}

async function sendError(
  api: VendorApi,
  sink: AnswerSink,
  error: unknown,
  context: AnswerContext,
): Promise<void> {
  const known = error instanceof VendorError ? error : new VendorError(500, 'the sandbox vendor has failed');
  const requestId = requestIdOf(context);
  const body = Buffer.from(JSON.stringify(api.errorEnvelope(known, requestId)));
  sink.head(
    known.status,
    { ...api.headers(requestId, context.now), ...known.headers, 'content-type': 'application/json' },
    body.length,
  );
  await sink.end(body);
}
