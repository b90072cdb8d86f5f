import type { ConfigSnapshot, ModelConfig } from '@muxgate/config';
import { isAllowed } from './allow-list.js';
import { lookUpModel, shown } from './look-up-model.js';
import { ProviderForbidden } from './routing.errors.js';

interface Reader {
  readonly models?: readonly string[];
  readonly providers?: readonly string[];
}

/** The models that a client may use: by their names, and by who serves them. */
export function modelsFor(snapshot: ConfigSnapshot, client: Reader): ModelConfig[] {
  return [...snapshot.models.values()].filter(
    (model) => isAllowed(client.models, model.name) && isServed(model, client),
  );
}

/** @throws ModelUnknown, ModelForbidden, ProviderForbidden */
export function modelFor(snapshot: ConfigSnapshot, client: Reader, name: string): ModelConfig {
  const model = lookUpModel(snapshot, client, name);
  if (!isServed(model, client)) throw noProviderOf(model);
  return model;
}

export function noProviderOf({ name }: ModelConfig): Error {
  return new ProviderForbidden(
    `model: this client key may not use a provider that serves ${shown(name)} here`,
  );
}

function isServed({ targets }: ModelConfig, { providers }: Reader): boolean {
  return targets.some(({ provider }) => isAllowed(providers, provider));
}
