import type { ClientKey } from '@muxgate/clients';
import type { ConfigSnapshot, ModelConfig, ProviderConfig, TargetConfig } from '@muxgate/config';
import { translatedDialect } from '../translate/dialect.js';
import { ModelForbidden, ModelUnknown, NoTarget } from './errors.js';
import type { Surface } from './surface.js';

/** Where a request goes, and by which rule. */
export interface Decision {
  readonly rule: string;
  readonly model: ModelConfig;
  readonly provider: ProviderConfig;
  readonly target: TargetConfig;
}

/** @throws ModelUnknown naming it, ModelForbidden */
export function lookUpModel(snapshot: ConfigSnapshot, client: ClientKey, name: string): ModelConfig {
  const model = snapshot.models.get(name);
  if (model === undefined) throw new ModelUnknown(`model: ${shown(name)} is not in the catalogue`);
  if (client.models !== undefined && !client.models.includes(name))
    throw new ModelForbidden(`model: this client key may not use ${shown(name)}`);
  return model;
}

/**
 * The first target, by priority, whose provider is enabled and speaks the surface's own protocol, else the first
 * that can be translated to. Rules, pins, weights, stickiness and cool-downs of the router are decided here, on the
 * same inputs.
 *
 * @throws NoTarget if there is none
 */
export function chooseTarget(snapshot: ConfigSnapshot, model: ModelConfig, surface: Surface): Decision {
  const decisions = model.targets.flatMap((target): Decision[] => {
    const provider = snapshot.providers.get(target.provider);
    return provider?.enabled ? [{ rule: 'default', model, provider, target }] : [];
  });
  const chosen =
    decisions.find(({ provider }) => provider.protocol === surface.protocol) ??
    decisions.find(({ provider }) => translatedDialect(provider, surface) !== undefined);
  if (chosen === undefined)
    throw new NoTarget(
      `model: ${shown(model.name)} has no enabled target that speaks ${surface.protocol} or that it can be translated for`,
    );
  return chosen;
}

function shown(name: string): string {
  return JSON.stringify(name.length > 128 ? `${name.slice(0, 128)}…` : name);
}
