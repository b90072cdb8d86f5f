/** The protocols that presets speak; a part of those of the configuration. */
export type PresetProtocol =
  | 'anthropic-messages'
  | 'openai-chat'
  | 'openai-responses'
  | 'gemini'
  | 'vertex'
  | 'vertex-anthropic'
  | 'bedrock';

/** What `providers[].preset` fills in; whatever the configuration says beside it wins. */
export interface ProviderPreset {
  /** As `preset` names it. */
  readonly name: string;
  /** As people name the vendor. */
  readonly title: string;
  readonly protocol: PresetProtocol;
  /** Other protocols at the same base URL, for a `protocol` beside the preset. */
  readonly alsoSpeaks?: readonly PresetProtocol[];
  /** As the vendor's own SDK takes it; absent where it holds the operator's own resource. */
  readonly baseUrl?: string;
  /**
   * Header that takes an API key, in lower case, where it is not the protocol's usual one. `authorization` takes it as
   * a bearer token.
   */
  readonly keyHeader?: 'authorization' | 'api-key';
  /** Headers that the vendor demands. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A server on the operator's own machine: plain HTTP on loopback, and no key unless it was started with one. */
  readonly local?: true;
  /** Where the vendor differs from the protocol's inventor, for people: one sentence each. */
  readonly quirks?: readonly string[];
  readonly docs: string;
}
