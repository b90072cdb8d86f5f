import type { ModelConfig } from '@muxgate/config';
import type { Edit } from '@muxgate/json-scan';
import { RequestRouter, type RoutableRequest } from '@muxgate/routing';
import type { TargetHealth } from '../targets/target-health.js';
import { TargetPlan } from '../targets/target-plan.js';

export interface RoutedRequest {
  readonly rule: string;
  readonly model: ModelConfig;
  readonly plan: TargetPlan;
  /** what leaves the body whichever target it goes to: subagent tags */
  readonly cuts: readonly Edit[];
}

/** Rule, model and targets of a request, with the health of targets. */
export class Router {
  private readonly requests = new RequestRouter();

  constructor(private readonly health: TargetHealth) {}

  /** @throws ModelUnknown, ModelForbidden, NoTarget, PinForbidden, PinUnknown */
  route(request: RoutableRequest): RoutedRequest {
    const { rule, model: name, signals } = this.requests.decide(request);
    const { model, candidates } = this.requests.targets(request, name);
    return { rule, model, plan: new TargetPlan(candidates, this.health), cuts: signals.subagentTags.places };
  }
}
