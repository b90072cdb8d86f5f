import type { ConfigSnapshot, ModelConfig, Protocol, ProviderConfig, TargetConfig } from '@muxgate/config';

/** A target that can serve a request, with its provider. */
export interface Candidate {
  readonly target: TargetConfig;
  readonly provider: ProviderConfig;
  /** what health is kept by */
  readonly place: { readonly provider: string; readonly model: string; readonly credential: string };
}

/** What requests can be translated to, where a target does not speak the client's own protocol. */
export const TRANSLATED_PROTOCOLS = [
  'anthropic-messages',
  'openai-chat',
  'openai-responses',
  'gemini',
  'vertex',
  'bedrock',
] as const;

/** Why a target cannot serve a surface at all; undefined when it can. */
export function ineligible(provider: ProviderConfig | undefined, protocol: Protocol): string | undefined {
  if (provider === undefined || !provider.enabled) return 'its provider is not enabled';
  if (provider.protocol !== protocol && !TRANSLATED_PROTOCOLS.some((known) => known === provider.protocol))
    return `its provider speaks ${provider.protocol}, which ${protocol} cannot be translated to`;
  return undefined;
}

/** Targets of a model that can serve a surface's protocol, by ascending priority, worked out once per model. */
export class Candidates {
  private readonly known = new WeakMap<ModelConfig, Map<Protocol, readonly Candidate[]>>();

  of(snapshot: ConfigSnapshot, model: ModelConfig, protocol: Protocol): readonly Candidate[] {
    let byProtocol = this.known.get(model);
    if (byProtocol === undefined) this.known.set(model, (byProtocol = new Map()));
    let candidates = byProtocol.get(protocol);
    if (candidates === undefined)
      byProtocol.set(protocol, (candidates = candidatesOf(snapshot, model, protocol)));
    return candidates;
  }
}

function candidatesOf(snapshot: ConfigSnapshot, model: ModelConfig, protocol: Protocol): Candidate[] {
  return model.targets.flatMap((target) => {
    const provider = snapshot.providers.get(target.provider);
    return provider === undefined || ineligible(provider, protocol) !== undefined
      ? []
      : [{ target, provider, place: placeOf(target, provider) }];
  });
}

/** A key in the configuration is its provider's only one, and needs no name of its own. */
function placeOf({ provider, model }: TargetConfig, { auth }: ProviderConfig): Candidate['place'] {
  return { provider, model, credential: 'credential' in auth ? auth.credential : '' };
}
