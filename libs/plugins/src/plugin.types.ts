import type { OAuthPreset, OAuthQuirks, ProviderPreset } from '@muxgate/providers';

/** Headers by name in lower case; those that came several times are joined. Credentials are never among them. */
export type HeaderView = Readonly<Record<string, string>>;

/** Name → its new value, or `null` to leave the header out. */
export type HeaderChanges = Readonly<Record<string, string | null>>;

/** What a hook learns of a request beside its headers. */
export interface HookRequest {
  readonly id: string;
  readonly surface: 'anthropic-messages' | 'openai-chat' | 'openai-responses';
  readonly operation: 'chat' | 'count_tokens';
  /** The name of the client key, and of its team. */
  readonly client: string;
  readonly team: string | undefined;
  /** The name in the catalogue. */
  readonly model: string;
  readonly provider: string;
  /** The model's name at that provider. */
  readonly upstreamModel: string;
  readonly stream: boolean;
}

export interface HookAnswer extends HookRequest {
  readonly status: number;
}

export type RequestHeadersHook = (headers: HeaderView, request: HookRequest) => HeaderChanges | undefined;
export type ResponseHeadersHook = (headers: HeaderView, answer: HookAnswer) => HeaderChanges | undefined;

/** The quirks that name a vendor's own protocol are steps of Muxgate's, and not for others. */
export interface PluginOAuthPreset extends Omit<OAuthPreset, 'quirks'> {
  readonly quirks?: Omit<OAuthQuirks, 'deviceFlow' | 'registration' | 'afterConnect'>;
}

/** What a module named in `plugins:` exports as its default: version 1 of the interface. */
export interface Plugin {
  readonly apiVersion: 1;
  /** As metrics and logs name it. */
  readonly name: string;
  /** For `oauthProviders[].preset`. */
  readonly oauthPresets?: readonly PluginOAuthPreset[];
  /** For `providers[].preset`. */
  readonly providerPresets?: readonly ProviderPreset[];
  /**
   * Before each attempt at a provider. What the configuration sets for the provider, and its credential, go over it.
   * Hooks are synchronous and quick: every request waits for them.
   */
  readonly requestHeaders?: RequestHeadersHook;
  /** Once, when the answer to a request that had a route leaves for the client; also for errors. */
  readonly responseHeaders?: ResponseHeadersHook;
}
