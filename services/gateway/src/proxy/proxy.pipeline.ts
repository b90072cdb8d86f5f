import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { ConfigSource, ProviderConfig } from '@muxgate/config';
import { scanBody } from '@muxgate/json-scan';
import { USER_AGENT, type AppError } from '@muxgate/runtime';
import type { Tracer } from '@opentelemetry/api';
import type { Limits } from '../limits/limits.js';
import { RequestTrace } from '../tracing/request-trace.js';
import { outcomeOf, retryAfterMs, retryClass } from '../targets/retry-class.js';
import type { TargetHealth } from '../targets/target-health.js';
import type { TokenCounter } from '../translate/count-tokens.js';
import { translatedDialect } from '../translate/dialect.js';
import { Translation } from '../translate/translation.js';
import type { GatewayTuning } from '../tuning.js';
import type { Accounting } from './accounting.js';
import type { Admission } from './admission.js';
import { ANONYMOUS, identifyClient } from './client-auth.js';
import type { ClientKeys } from './client-keys.js';
import type { Credential } from './credential.js';
import type { CredentialSource } from './credential-source.js';
import type { Decision } from './decision.js';
import { shownError } from './error-envelope.js';
import { ClientGone, StreamRefused, TargetsResting } from './errors.js';
import { Exchange } from './exchange.js';
import type { HeaderHooks } from './header-hooks.js';
import { requestHeaders } from './headers.js';
import { drainBody, readBody } from './read-body.js';
import { Relay, type RelayOutcome } from './relay.js';
import { RequestBody } from './request-body.js';
import type { Router } from './router.js';
import type { ReceivedBody } from './splice-in-place.js';
import type { Surface } from './surface.js';
import type { Upstreams } from './upstream.js';
import { whenReady, type MaybePromise } from './when-ready.js';

/**
 * The request path, in order: admission → client → body → scan → route → limits → target → credential → upstream → relay,
 * or translation where the target speaks another protocol → accounting; from a target that fails before the first
 * content of its answer back to the next one. A request whose client and credential are in memory goes from the end of
 * its body to upstream in one tick. A request keeps the configuration that it began with.
 */
export class ProxyPipeline implements RelayOutcome {
  constructor(
    private readonly config: ConfigSource,
    private readonly admission: Admission,
    private readonly clientKeys: ClientKeys,
    private readonly router: Router,
    private readonly limits: Limits,
    private readonly health: TargetHealth,
    private readonly credentials: CredentialSource,
    private readonly upstreams: Upstreams,
    private readonly accounting: Accounting,
    private readonly tokenCounter: TokenCounter,
    private readonly hooks: HeaderHooks,
    private readonly tracer: Tracer | undefined,
    private readonly tuning: GatewayTuning,
    private readonly now: () => number = Date.now,
  ) {}

  handle(req: IncomingMessage, res: ServerResponse, surface: Surface): void {
    const exchange = new Exchange(
      req,
      res,
      surface,
      this.config.current(),
      this.hooks,
      this.tuning.pingAfterMs,
    );
    if (this.tracer !== undefined) exchange.trace = new RequestTrace(this.tracer, exchange);
    res.on('close', () => this.close(exchange));
    const fail = (error: unknown): void => this.fail(exchange, error);
    try {
      this.admission.admit(exchange);
      const { snapshot } = exchange;
      const anyone = snapshot.clients.authentication === 'disabled';
      const client = anyone ? ANONYMOUS : identifyClient(req.headers, this.clientKeys, snapshot, this.now());
      whenReady(
        client,
        (known) => {
          exchange.client = known;
          readBody(req, res, this.tuning.maxBodyBytes, (body) => this.route(exchange, body), fail);
        },
        fail,
      );
    } catch (error) {
      fail(error);
    }
  }

  private route(exchange: Exchange, received: ReceivedBody): void {
    const { snapshot, surface, req, client = ANONYMOUS } = exchange;
    const { bytes: body } = received;
    const scanned = scanBody(body);
    exchange.requestedModel = scanned.model.value; // also of a request that has no route
    const routed = this.router.route({
      snapshot,
      protocol: surface.name,
      client,
      headers: req.headers,
      body,
      scanned,
    });
    exchange.routed = routed;
    exchange.body = new RequestBody(received, scanned, routed.cuts);
    exchange.bodyLength = body.length;
    exchange.stream = scanned.stream && surface.operation !== 'count_tokens';
    if (exchange.stream) exchange.downstream.keepAwake();
    whenReady(
      this.limits.admit(exchange, scanned.maxTokens),
      () => this.tryNext(exchange),
      (error) => this.fail(exchange, error),
    );
  }

  /** The next target that may be tried; `reason` is why the one before has no answer. */
  private tryNext(exchange: Exchange, reason?: unknown): void {
    if (exchange.closed) return;
    const late = performance.now() - exchange.startedAt > this.tuning.failoverMs;
    const { routed } = exchange;
    const candidate = late ? undefined : routed?.plan.next();
    if (routed === undefined || candidate === undefined) return this.giveUp(exchange, reason);
    const { provider, target } = candidate;
    const decision = { rule: routed.rule, model: routed.model, provider, target, place: candidate.place };
    // an answer that is held is still the client's until the next request has left
    if (exchange.answerHeld === undefined) exchange.decision = decision;
    if (
      exchange.surface.operation === 'count_tokens' &&
      translatedDialect(provider, exchange.surface) !== undefined
    )
      return this.countTokens(exchange, target.model);
    const skip = (error: unknown): void => this.tryNext(exchange, reason ?? error);
    let credential: MaybePromise<Credential>;
    try {
      credential = exchange.traced(() => this.credentials.of(provider, candidate.place.credential, exchange));
    } catch (error) {
      return skip(error);
    }
    exchange.resent = false;
    if (credential instanceof Promise)
      credential
        .then((ready) => this.send(exchange, decision, ready), skip)
        .catch((error: unknown) => this.fail(exchange, error));
    else this.send(exchange, decision, credential);
  }

  /** The target offers no such thing. */
  private countTokens(exchange: Exchange, model: string): void {
    const { body } = exchange;
    if (body === undefined) return;
    this.tokenCounter
      .answer(exchange, body.forLast(model))
      .catch((error: unknown) => this.fail(exchange, error));
  }

  private send(exchange: Exchange, decision: Decision, credential: Credential): void {
    const { body, downstream, routed } = exchange;
    if (exchange.clientGone || body === undefined || routed === undefined) return;
    const { plan } = routed;
    const { provider, target } = decision;
    const dialect = translatedDialect(provider, exchange.surface);
    downstream.drop();
    exchange.begin(decision, credential, this.health.begin(decision.place));
    const last = !plan.hasNext;
    if (last) plan.end();
    const bytes = last ? body.forLast(target.model) : body.for(target.model);
    if (dialect === undefined) this.passThrough(exchange, provider, credential, bytes);
    else new Translation(exchange, this).send(this.upstreams, dialect, credential, bytes);
    // only another target, or a token that can be refreshed, can make the body be needed again
    if (last && !mayRefresh(exchange)) exchange.body = undefined;
  }

  private passThrough(
    exchange: Exchange,
    provider: ProviderConfig,
    credential: Credential,
    body: Buffer,
  ): void {
    const { req, surface } = exchange;
    const headers = requestHeaders(
      exchange.outgoing(req.rawHeaders),
      req.headers.connection,
      credential.beside ?? provider.headers,
      credential.headers,
      USER_AGENT,
    );
    this.upstreams.send(
      provider,
      surface.upstreamPath + exchange.query,
      headers,
      body,
      new Relay(exchange, this),
    );
  }

  holds(exchange: Exchange, status: number, headers: IncomingHttpHeaders): boolean {
    const { trial, routed } = exchange;
    exchange.trace?.answered(status);
    exchange.outcome = outcomeOf(status);
    const meaning = retryClass(status);
    switch (meaning) {
      case 'refused':
        trial?.abandoned();
        if (status === 401 && mayRefresh(exchange)) return true;
        break;
      case 'limited':
        trial?.failed('credential', retryAfterMs(headers, this.now()));
        break;
      case 'failing':
        trial?.failed('target', retryAfterMs(headers, this.now()));
    }
    if (!routed?.plan.hasNext) exchange.body = undefined;
    return meaning !== 'final' && exchange.body !== undefined;
  }

  committed(exchange: Exchange): void {
    exchange.body = undefined;
    exchange.trial?.well();
    this.accounting.begun(exchange);
  }

  refused(exchange: Exchange, events: boolean): void {
    this.accounting.attempt(exchange, exchange.outcome);
    exchange.answerHeld = events ? 'events' : 'body';
    if (exchange.outcome === 'unauthorized' && mayRefresh(exchange)) this.refresh(exchange);
    else this.tryNext(exchange);
  }

  /** 401 on a token that can be refreshed: once more with a newer one, else as any refusal. */
  private refresh(exchange: Exchange): void {
    const { credential, decision } = exchange;
    if (credential?.grant === undefined || decision === undefined) return;
    const { grant } = credential;
    exchange
      .traced(() => this.credentials.replace(decision.provider, grant))
      .then((newer) => {
        if (exchange.clientGone) return;
        exchange.resent = true;
        if (newer === undefined) this.tryNext(exchange);
        else this.send(exchange, decision, newer);
      })
      .catch((error: unknown) => this.fail(exchange, error));
  }

  failed(exchange: Exchange, error: AppError): void {
    this.accounting.attempt(exchange, error.code);
    // a request that cannot be put into the target's dialect says nothing about the target
    if (error.status < 500) return this.fail(exchange, error);
    exchange.trial?.failed('target', undefined);
    if (exchange.body === undefined) this.fail(exchange, error);
    else this.tryNext(exchange, error);
  }

  told(exchange: Exchange, error: AppError): void {
    exchange.failure ??= error;
    // one that began with its error has been named by its kind
    this.accounting.attempt(exchange, exchange.outcome === 'answered' ? error.code : exchange.outcome);
    exchange.downstream.finish();
  }

  finished(exchange: Exchange): void {
    this.accounting.attempt(exchange, exchange.outcome);
    exchange.downstream.finish();
  }

  /** No target is left: the last upstream's own answer, why there is none, or that none was tried. */
  private giveUp(exchange: Exchange, reason: unknown): void {
    const { answerHeld, downstream } = exchange;
    exchange.body = undefined;
    if (answerHeld === 'body' && downstream.committed) {
      const provider = exchange.decision?.provider.name;
      this.fail(exchange, new StreamRefused(`provider ${provider} refused the stream: ${exchange.outcome}`));
    } else if (answerHeld !== undefined) downstream.finish();
    else this.fail(exchange, reason ?? restingTargets(exchange));
  }

  /** Ends an exchange for a reason of ours; also one that is running. */
  fail(exchange: Exchange, reason: unknown): void {
    const error = shownError(reason);
    exchange.failure ??= error;
    exchange.body = undefined;
    this.stopUpstream(exchange, error);
    drainBody(exchange.req, this.tuning);
    exchange.downstream.fail(error);
  }

  private close(exchange: Exchange): void {
    exchange.closed = true;
    exchange.clientGone = !exchange.res.writableFinished && exchange.failure === undefined;
    exchange.body = undefined;
    exchange.trial?.abandoned();
    if (exchange.attempt !== undefined) this.stopUpstream(exchange, new ClientGone('the client has gone'));
    exchange.downstream.stop();
    this.admission.leave(exchange);
    this.accounting.settle(exchange);
    this.limits.settle(exchange);
  }

  private stopUpstream(exchange: Exchange, reason: Error): void {
    if (exchange.attempt === undefined) return;
    exchange.attempt.stop(reason);
    this.accounting.attempt(exchange, 'aborted');
  }
}

function mayRefresh({ body, credential, resent }: Exchange): boolean {
  return body !== undefined && credential?.grant !== undefined && !resent;
}

/** None was tried; the answer still says where the request would have gone. */
function restingTargets(exchange: Exchange): Error {
  const { routed } = exchange;
  const preferred = routed?.plan.preferred;
  if (routed === undefined || preferred === undefined) return new Error('a request without a route');
  exchange.decision = { rule: routed.rule, model: routed.model, ...preferred };
  return new TargetsResting(routed.model.name, routed.plan.soonestMs);
}
