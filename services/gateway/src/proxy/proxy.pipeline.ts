import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConfigSource } from '@muxgate/config';
import { USER_AGENT, type AppError } from '@muxgate/runtime';
import { answerTokenCount } from '../translate/count-tokens.js';
import { translatedDialect } from '../translate/dialect.js';
import { Translation } from '../translate/translation.js';
import type { GatewayTuning } from '../tuning.js';
import type { Accounting } from './accounting.js';
import type { Admission } from './admission.js';
import { scanBody } from './body-scan.js';
import { chooseTarget, lookUpModel } from './choose-target.js';
import { ANONYMOUS, identifyClient } from './client-auth.js';
import type { ClientKeys } from './client-keys.js';
import type { Credential, CredentialSource } from './credential-source.js';
import { shownError } from './error-envelope.js';
import { ClientGone, StreamRefused } from './errors.js';
import { Exchange } from './exchange.js';
import { requestHeaders } from './headers.js';
import { drainBody, readBody } from './read-body.js';
import { Relay, type RelayOutcome } from './relay.js';
import { spliceInPlace, type ReceivedBody } from './splice-in-place.js';
import type { Surface } from './surface.js';
import type { Upstreams } from './upstream.js';
import { whenReady } from './when-ready.js';

/**
 * The request path, in order: admission → client → body → scan → model → target → credential → upstream → relay, or
 * translation where the target speaks another protocol → accounting. A request whose client and credential are in memory goes from the end of its body to upstream in
 * one tick. A request keeps the configuration that it began with.
 */
export class ProxyPipeline implements RelayOutcome {
  constructor(
    private readonly config: ConfigSource,
    private readonly admission: Admission,
    private readonly clientKeys: ClientKeys,
    private readonly credentials: CredentialSource,
    private readonly upstreams: Upstreams,
    private readonly accounting: Accounting,
    private readonly tuning: GatewayTuning,
    private readonly now: () => number = Date.now,
  ) {}

  handle(req: IncomingMessage, res: ServerResponse, surface: Surface): void {
    const exchange = new Exchange(req, res, surface, this.config.current(), this.tuning.pingAfterMs);
    res.on('close', () => this.close(exchange));
    const fail = (error: unknown): void => this.fail(exchange, error);
    try {
      this.admission.admit(exchange);
      const anyone = exchange.snapshot.clients.authentication === 'disabled';
      const client = anyone ? ANONYMOUS : identifyClient(req.headers, this.clientKeys, this.now());
      whenReady(
        client,
        (known) => {
          exchange.client = known;
          readBody(req, res, this.tuning.maxBodyBytes, (body) => this.route(exchange, body, fail), fail);
        },
        fail,
      );
    } catch (error) {
      fail(error);
    }
  }

  private route(exchange: Exchange, body: ReceivedBody, fail: (error: unknown) => void): void {
    const { snapshot, surface } = exchange;
    const scanned = scanBody(body.bytes);
    const model = lookUpModel(snapshot, exchange.client ?? ANONYMOUS, scanned.model.value);
    const decision = chooseTarget(snapshot, model, surface);
    exchange.decision = decision;
    exchange.requestedModel = scanned.model.value;
    exchange.body = spliceInPlace(body, scanned, decision.target.model);
    exchange.bodyLength = exchange.body.length;
    if (surface.name === 'count_tokens' && translatedDialect(decision.provider, surface) !== undefined) {
      answerTokenCount(exchange, exchange.body).catch(fail);
      return;
    }
    exchange.stream = scanned.stream && surface.name !== 'count_tokens';
    if (exchange.stream) exchange.downstream.keepAwake();
    whenReady(this.credentials.of(decision.provider), (credential) => this.send(exchange, credential), fail);
  }

  private send(exchange: Exchange, credential: Credential): void {
    const { req, decision, body } = exchange;
    if (exchange.clientGone || decision === undefined || body === undefined) return;
    exchange.credential = credential;
    exchange.attempts++;
    const { provider } = decision;
    const dialect = translatedDialect(provider, exchange.surface);
    if (dialect !== undefined) {
      new Translation(exchange, this).send(this.upstreams, dialect, credential);
      return;
    }
    const headers = requestHeaders(
      req.rawHeaders,
      req.headers.connection,
      provider.headers,
      credential.header,
      USER_AGENT,
    );
    const relay = new Relay(exchange, this);
    this.upstreams.send(provider, exchange.surface.upstreamPath + exchange.query, headers, body, relay);
    // only a token that can be refreshed can make the body be needed again
    if (credential.grant === undefined || exchange.resent) exchange.body = undefined;
  }

  /** 401 on a token that can be refreshed: once more with a newer one, else the upstream's own answer. */
  unauthorized(exchange: Exchange): void {
    this.accounting.attempt(exchange, 'unauthorized');
    const refused = exchange.credential?.grant;
    const again = refused === undefined ? Promise.resolve(undefined) : this.credentials.replace(refused);
    again
      .then((newer) => {
        const { downstream } = exchange;
        if (exchange.clientGone) return;
        if (newer !== undefined) {
          downstream.drop();
          exchange.resent = true;
          this.send(exchange, newer);
        } else if (downstream.committed) {
          throw new StreamRefused(`provider ${exchange.decision?.provider.name} refused the credential`);
        } else downstream.finish();
      })
      .catch((error: unknown) => this.fail(exchange, error));
  }

  failed(exchange: Exchange, error: AppError): void {
    this.accounting.attempt(exchange, error.code);
    this.fail(exchange, error);
  }

  finished(exchange: Exchange): void {
    this.accounting.attempt(exchange, 'answered');
    exchange.downstream.finish();
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
    exchange.clientGone = !exchange.res.writableFinished && exchange.failure === undefined;
    exchange.body = undefined;
    if (exchange.attempt !== undefined) this.stopUpstream(exchange, new ClientGone('the client has gone'));
    exchange.downstream.stop();
    this.admission.leave(exchange);
    this.accounting.settle(exchange);
  }

  private stopUpstream(exchange: Exchange, reason: Error): void {
    if (exchange.attempt === undefined) return;
    exchange.attempt.stop(reason);
    this.accounting.attempt(exchange, 'aborted');
  }
}
