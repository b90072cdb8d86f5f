import type { ConfigSnapshot, ModelConfig } from '@muxgate/config';
import { isAllowed } from './allow-list.js';
import { ModelForbidden, ModelUnknown } from './routing.errors.js';

/**
 * Whether a key may use a model is asked of the model that serves, whoever chose it.
 *
 * @throws ModelUnknown naming it, ModelForbidden
 */
export function lookUpModel(
  snapshot: ConfigSnapshot,
  client: { readonly models?: readonly string[] },
  name: string,
): ModelConfig {
  const model = snapshot.models.get(name);
  if (model === undefined) throw new ModelUnknown(`model: ${shown(name)} is not in the catalogue`);
  if (!isAllowed(client.models, name))
    throw new ModelForbidden(`model: this client key may not use ${shown(name)}`);
  return model;
}

/** A name from a request, for a message. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 128 ? `${name.slice(0, 128)}…` : name);
}
