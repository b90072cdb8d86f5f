import type { IncomingHttpHeaders } from 'node:http';
import type { ClientKey } from '@muxgate/clients';
import type { ConfigSnapshot, ModelConfig } from '@muxgate/config';
import type { Edit, ScannedBody } from '@muxgate/json-scan';
import {
  Candidates,
  decide,
  orderCandidates,
  pinned,
  pinOf,
  RequestSignals,
  Routers,
  sessionOf,
} from '@muxgate/routing';
import type { TargetHealth } from '../targets/target-health.js';
import { TargetPlan } from '../targets/target-plan.js';
import { ModelForbidden, ModelUnknown, NoTarget } from './errors.js';
import type { Surface } from './surface.js';

export interface RoutedRequest {
  readonly rule: string;
  readonly model: ModelConfig;
  readonly plan: TargetPlan;
  /** what leaves the body whichever target it goes to: subagent tags */
  readonly cuts: readonly Edit[];
}

export interface RouterInput {
  readonly snapshot: ConfigSnapshot;
  readonly surface: Surface;
  readonly client: ClientKey;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly scanned: ScannedBody;
}

/** Rule, model and targets of a request; all of it pure but for the health of targets. */
export class Router {
  private readonly routers = new Routers();
  private readonly candidates = new Candidates();

  constructor(private readonly health: TargetHealth) {}

  /** @throws ModelUnknown, ModelForbidden, NoTarget, PinForbidden, PinUnknown */
  route({ snapshot, surface, client, headers, body, scanned }: RouterInput): RoutedRequest {
    const signals = new RequestSignals(body, scanned, headers, client);
    const { rule, model: name } = decide(this.routers.of(snapshot), signals);
    const model = lookUpModel(snapshot, client, name);
    const able = this.candidates.of(snapshot, model, surface.protocol);
    if (able.length === 0)
      throw new NoTarget(`model: ${shown(model.name)} has no enabled target that speaks ${surface.protocol}`);
    const pin = pinOf(headers, client);
    const allowed = pin === undefined ? able : pinned(able, pin);
    const session = allowed.length > 1 ? sessionOf(body, scanned, headers) : undefined;
    const plan = new TargetPlan(orderCandidates(allowed, session), this.health);
    return { rule, model, plan, cuts: signals.subagentTags.places };
  }
}

/**
 * Whether a key may use a model is asked of the model that serves, whoever chose it.
 *
 * @throws ModelUnknown naming it, ModelForbidden
 */
export function lookUpModel(snapshot: ConfigSnapshot, client: ClientKey, name: string): ModelConfig {
  const model = snapshot.models.get(name);
  if (model === undefined) throw new ModelUnknown(`model: ${shown(name)} is not in the catalogue`);
  if (client.models !== undefined && !client.models.includes(name))
    throw new ModelForbidden(`model: this client key may not use ${shown(name)}`);
  return model;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 128 ? `${name.slice(0, 128)}…` : name);
}
