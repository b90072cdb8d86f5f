import type { IncomingHttpHeaders } from 'node:http';
import type { ConfigSnapshot, ModelConfig, Protocol } from '@muxgate/config';
import type { ScannedBody } from '@muxgate/json-scan';
import { isAllowed } from './allow-list.js';
import { Candidates, type Candidate } from './candidates.js';
import { noProviderOf } from './catalogue.js';
import type { CompiledRouter } from './compile-router.js';
import { decide, type RouteDecision } from './decide.js';
import { lookUpModel, shown } from './look-up-model.js';
import { orderCandidates } from './order-candidates.js';
import { ownCandidates } from './own-credential.js';
import { pinned, pinOf } from './pin.js';
import { RequestSignals, type RouteClient } from './request-signals.js';
import { Routers } from './routers.js';
import { NoTarget } from './routing.errors.js';
import { sessionOf } from './session.js';

/** A request as far as it matters to where it goes. */
export interface RoutableRequest {
  readonly snapshot: ConfigSnapshot;
  /** what its surface speaks; targets of another protocol are translated to */
  readonly protocol: Protocol;
  readonly client: RouteClient & {
    readonly models?: readonly string[];
    readonly providers?: readonly string[];
    readonly mayPin: boolean;
  };
  /** names in lower case */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly scanned: ScannedBody;
}

/** The decision with what it was made from. */
export interface Routing extends RouteDecision {
  readonly router: CompiledRouter;
  readonly signals: RequestSignals;
}

export interface Targets {
  readonly model: ModelConfig;
  /** in the order to be tried; whether they are well is not known here */
  readonly candidates: readonly Candidate[];
  readonly session: string | undefined;
  readonly pin: string | undefined;
}

/** Where requests go, for the gateway, which sends them, and for the auth service, which explains it. */
export class RequestRouter {
  private readonly routers = new Routers();
  private readonly candidates = new Candidates();

  decide({ snapshot, client, headers, body, scanned }: RoutableRequest): Routing {
    const router = this.routers.of(snapshot);
    const signals = new RequestSignals(body, scanned, headers, client);
    return { ...decide(router, signals), router, signals };
  }

  /** @throws ModelUnknown, ModelForbidden, NoTarget, ProviderForbidden, PinForbidden, PinUnknown */
  targets({ snapshot, client, headers, body, scanned }: RoutableRequest, name: string): Targets {
    const model = lookUpModel(snapshot, client, name);
    const able = this.candidates.of(snapshot, model);
    if (able.length === 0) throw new NoTarget(`model: ${shown(model.name)} has no enabled target`);
    const pin = pinOf(headers, client);
    const wanted = pin === undefined ? able : pinned(able, pin);
    const allowed = ofProviders(client.providers, wanted);
    if (allowed.length === 0) throw noProviderOf(model);
    const session = allowed.length > 1 ? sessionOf(body, scanned, headers) : undefined;
    return { model, candidates: orderCandidates(ownCandidates(allowed, client), session), session, pin };
  }
}

function ofProviders(
  providers: readonly string[] | undefined,
  candidates: readonly Candidate[],
): readonly Candidate[] {
  return providers === undefined
    ? candidates
    : candidates.filter(({ provider }) => isAllowed(providers, provider.name));
}
