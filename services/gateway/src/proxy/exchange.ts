import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '@muxgate/clients';
import type { ConfigSnapshot } from '@muxgate/config';
import type { Claim } from '@muxgate/limits';
import type { HookRequest } from '@muxgate/plugins';
import { requestId, type AppError } from '@muxgate/runtime';
import type { Bill } from '@muxgate/usage';
import type { HealthTrial } from '../targets/target-health.js';
import type { RequestTrace } from '../tracing/request-trace.js';
import type { Credential } from './credential.js';
import type { Decision } from './decision.js';
import { Downstream, type AnswerFacts } from './downstream.js';
import type { HeaderHooks } from './header-hooks.js';
import type { RoutedRequest } from './router.js';
import type { Surface } from './surface.js';
import type { RequestBody } from './request-body.js';
import type { Usage } from './usage-reader.js';

/** What can be given up before it has come to anything. */
export interface Attempt {
  stop(reason: Error): void;
  /** Takes over into the exchange what it has told of its usage so far. */
  takeUsage(): void;
}

/** One request and what becomes of it. Filled in by the steps of the pipeline, read by accounting. */
export class Exchange implements AnswerFacts {
  readonly id: string;
  readonly downstream: Downstream;
  readonly startedAt = performance.now();

  client: Client | undefined;
  /** the name that the client asked for */
  requestedModel = '';
  decision: Decision | undefined;
  credential: Credential | undefined;
  /** kept until nothing can ask for it again: the request may have to be sent to another target, or twice to one */
  body: RequestBody | undefined;
  bodyLength = 0;
  /** the client asked for events */
  stream = false;

  attempts = 0;
  resent = false;
  routed: RoutedRequest | undefined;
  /** what the running attempt tells about its target */
  trial: HealthTrial | undefined;
  /** what the running attempt has come to so far, as `muxgate_upstream_attempts_total` names it */
  outcome = 'answered';
  /** downstream holds an upstream's answer, which is the client's should no other target have a better one */
  answerHeld: 'body' | 'events' | undefined;
  /** milliseconds spent waiting for upstream, over all attempts */
  upstreamMs = 0;
  firstContentAt: number | undefined;
  usage: Usage | undefined;
  usageEstimated = false;
  /** all attempts that were billed */
  bill: Bill | undefined;
  /** names the running attempt in the ledger, once its answer has begun */
  openAttempt: number | undefined;
  /** output tokens when the ledger last heard of it */
  checkpointed = -1;
  failure: AppError | undefined;
  clientGone = false;
  closed = false;
  /** what it has taken of limits, to be settled once */
  claim: Claim | undefined;
  /** what is left of its limits, as flat header pairs */
  limitHeaders: readonly string[] | undefined;
  /** where `OpenExchanges` has it */
  slot: number | undefined;
  /** the attempt that is running */
  attempt: Attempt | undefined;
  /** absent while traces are off */
  trace: RequestTrace | undefined;

  constructor(
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
    readonly surface: Surface,
    readonly snapshot: ConfigSnapshot,
    readonly hooks: HeaderHooks,
    pingAfterMs: number,
  ) {
    this.id = requestId(req.headers['x-request-id']);
    this.downstream = new Downstream(this, res, pingAfterMs);
  }

  /** An attempt starts: nothing that the one before has left counts. */
  begin(decision: Decision, credential: Credential, trial: HealthTrial): void {
    this.decision = decision;
    this.credential = credential;
    this.trial = trial;
    this.attempts++;
    this.outcome = 'answered';
    this.answerHeld = undefined;
    this.usage = undefined;
    this.usageEstimated = false;
    this.openAttempt = undefined;
    this.checkpointed = -1;
    this.trace?.begin(this);
  }

  /** Headers of a request to the decided target as plugins want them, and with its trace; else the very same. */
  outgoing(headers: string[]): string[] {
    const { decision, hooks, trace } = this;
    const hooked =
      hooks.request === undefined || decision === undefined
        ? headers
        : hooks.request.apply(headers, Object.freeze(this.hookRequest(decision)));
    return trace === undefined ? hooked : trace.inject(hooked);
  }

  /** Runs `work` so that what it asks of other services belongs to the trace of this request. */
  traced<T>(work: () => T): T {
    return this.trace === undefined ? work() : this.trace.run(work);
  }

  /** The same for the answer, to a request that had a route. */
  hookedAnswer(status: number, headers: string[]): string[] {
    const { decision, hooks } = this;
    if (hooks.response === undefined || decision === undefined) return headers;
    return hooks.response.apply(headers, Object.freeze({ ...this.hookRequest(decision), status }));
  }

  private hookRequest({ model, provider, target }: Decision): HookRequest {
    return {
      id: this.id,
      surface: this.surface.name,
      operation: this.surface.operation,
      client: this.client?.name ?? '',
      team: this.client?.team,
      model: model.name,
      provider: provider.name,
      upstreamModel: target.model,
      stream: this.stream,
    };
  }

  get replaceable(): boolean {
    return this.body !== undefined;
  }

  get query(): string {
    const url = this.req.url as string;
    const at = url.indexOf('?');
    return at === -1 ? '' : url.slice(at);
  }
}
