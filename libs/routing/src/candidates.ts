import type { ConfigSnapshot, ModelConfig, ProviderConfig, TargetConfig } from '@muxgate/config';

/** A target that can serve a request, with its provider. */
export interface Candidate {
  readonly target: TargetConfig;
  readonly provider: ProviderConfig;
  /** what health is kept by; `credential` is the id of a stored one, where one is used */
  readonly place: { readonly provider: string; readonly model: string; readonly credential: string };
}

/** Whether a target can serve at all: what its provider speaks does not matter, since it is translated to. */
export function isServing(provider: ProviderConfig | undefined): provider is ProviderConfig {
  return provider?.enabled === true;
}

/** Targets of a model that can serve, by ascending priority, worked out once per model. */
export class Candidates {
  private readonly known = new WeakMap<ModelConfig, readonly Candidate[]>();

  of(snapshot: ConfigSnapshot, model: ModelConfig): readonly Candidate[] {
    let candidates = this.known.get(model);
    if (candidates === undefined) this.known.set(model, (candidates = candidatesOf(snapshot, model)));
    return candidates;
  }
}

function candidatesOf(snapshot: ConfigSnapshot, model: ModelConfig): Candidate[] {
  return model.targets.flatMap((target) => {
    const provider = snapshot.providers.get(target.provider);
    return isServing(provider) ? [{ target, provider, place: placeOf(target, provider) }] : [];
  });
}

/** A key in the configuration is its provider's only one, and needs no name of its own. */
function placeOf({ provider, model }: TargetConfig, { auth }: ProviderConfig): Candidate['place'] {
  return { provider, model, credential: 'credential' in auth ? auth.credential : '' };
}
