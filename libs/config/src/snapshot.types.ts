import type { OAuthQuirks } from '@muxgate/providers';

/** What the rest of Muxgate sees of the configuration: complete (every default filled in) and deeply frozen. */
export interface ConfigSnapshot {
  /** 0 for a file that has not become a numbered revision. */
  readonly revision: number;
  readonly clients: ClientsConfig;
  readonly oauthProviders: ReadonlyMap<string, OAuthProviderConfig>;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly models: ReadonlyMap<string, ModelConfig>;
  readonly router: RouterConfig;
  readonly reaper: ReaperConfig;
  readonly plugins: readonly string[];
  readonly usage: UsageConfig;
  readonly console: ConsoleConfig;
  readonly webhooks: ReadonlyMap<string, WebhookConfig>;
}

export interface ClientsConfig {
  readonly authentication: 'required' | 'disabled';
  /** IANA name */
  readonly timeZone: string;
  readonly teams: ReadonlyMap<string, TeamConfig>;
  /** By SHA-256 of the key. */
  readonly keys: ReadonlyMap<string, ClientKeyConfig>;
}

/** What may be used within any 60 seconds, and at once; absent: as much as there is. */
export interface LimitsConfig {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly concurrentRequests?: number;
}

export const BUDGET_PERIODS = ['day', 'week', 'month'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

export interface BudgetConfig {
  readonly usd: number;
  readonly period: BudgetPeriod;
  readonly warnAtPercent: number;
}

export interface TeamConfig {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly models?: readonly string[];
  readonly providers?: readonly string[];
  readonly limits?: LimitsConfig;
  readonly budget?: BudgetConfig;
}

export interface ClientKeyConfig extends TeamConfig {
  /** SHA-256 of the key in hex. */
  readonly hash: string;
  readonly team?: string;
  readonly owner?: string;
  readonly mayPin: boolean;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
  readonly disabled?: boolean;
}

/** For how long accounts are kept, in days, and how many requests are listed. */
export interface UsageConfig {
  readonly hourRetentionDays: number;
  readonly dayRetentionDays: number;
  readonly requestRetentionDays: number;
  readonly requestRows: number;
}

export const PROTOCOLS = [
  'anthropic-messages',
  'openai-chat',
  'openai-responses',
  'gemini',
  'vertex',
  'vertex-anthropic',
  'bedrock',
] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export const GRANTS = ['authorization_code', 'device_code', 'client_credentials'] as const;
export type Grant = (typeof GRANTS)[number];

export const CLIENT_AUTHENTICATIONS = ['none', 'client_secret_basic', 'client_secret_post'] as const;
export type ClientAuthentication = (typeof CLIENT_AUTHENTICATIONS)[number];

export const TOKEN_REQUEST_FORMATS = ['form', 'json'] as const;
export type TokenRequestFormat = (typeof TOKEN_REQUEST_FORMATS)[number];

export interface OAuthProviderConfig {
  readonly name: string;
  readonly preset?: string;
  readonly acknowledgeTerms?: boolean;
  /** What the vendor says about use by others. */
  readonly termsNotice?: string;
  readonly tenant?: string;
  readonly grant: Grant;
  readonly issuer?: string;
  readonly authorizationUrl?: string;
  readonly tokenUrl?: string;
  readonly deviceAuthorizationUrl?: string;
  readonly revocationUrl?: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly clientAuthentication: ClientAuthentication;
  readonly tokenRequestFormat: TokenRequestFormat;
  readonly scopes: readonly string[];
  readonly redirectUri?: string;
  readonly authorizeParams: Readonly<Record<string, string>>;
  readonly apiUrl?: string;
  /** Where its credentials may be sent; absent: to any host that a provider names. */
  readonly hosts?: readonly string[];
  readonly quirks?: OAuthQuirks;
  readonly refreshAheadSeconds: number;
  readonly refreshJitterSeconds: number;
  readonly refreshSpacingMs: number;
  readonly keepAliveDays?: number;
  readonly reauthorizeAfterDays?: number;
  readonly replayWindowSeconds: number;
  readonly allowPrivateNetwork: boolean;
}

/** Days that a dead credential is kept for, by what it died of. */
export interface ReaperConfig {
  readonly automatic: boolean;
  readonly reauthorizationRequiredDays: number;
  readonly blockedDays: number;
  readonly failingDays: number;
}

export type ProviderAuth =
  | { readonly type: 'apiKey'; readonly value: string }
  | { readonly type: 'storedKey'; readonly credential: string }
  | { readonly type: 'oauth'; readonly credential: string }
  | { readonly type: 'passthrough' }
  | { readonly type: 'none' };
export const AUTH_TYPES = ['apiKey', 'storedKey', 'oauth', 'passthrough', 'none'] as const;

export interface ProviderConfig {
  readonly name: string;
  readonly preset?: string;
  readonly protocol: Protocol;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly auth: ProviderAuth;
  /** Where an API key goes, in lower case, if not where the protocol has it; `authorization` takes a bearer token. */
  readonly keyHeader?: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: { readonly connectMs: number; readonly firstByteMs: number; readonly idleMs: number };
  readonly allowPrivateNetwork: boolean;
  readonly enabled: boolean;
}

export interface TargetConfig {
  readonly provider: string;
  readonly model: string;
  readonly priority: number;
  readonly weight: number;
}

/** USD per million tokens. */
export interface PricingConfig {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly cacheWrite1h?: number;
}

export interface ModelConfig {
  readonly name: string;
  /** By ascending priority, at least one. */
  readonly targets: readonly TargetConfig[];
  readonly pricing?: PricingConfig;
  readonly limits?: LimitsConfig;
}

/** How people sign in to the console. */
export interface ConsoleConfig {
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly sso?: SingleSignOnConfig;
}

export interface SingleSignOnConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly label: string;
  readonly scopes: readonly string[];
  readonly rolesClaim: string;
  /** Values of the claim by the role that they give; `*` is everybody. */
  readonly roles: Readonly<Record<'admin' | 'operator' | 'viewer', readonly string[]>>;
  readonly allowPrivateNetwork: boolean;
}

/** Patterns are RE2 source text. */
export interface RouterRuleConfig {
  readonly name: string;
  readonly when: {
    readonly model?: string;
    readonly header?: Readonly<Record<string, string>>;
    readonly client?: readonly string[];
    readonly team?: readonly string[];
    readonly tool?: readonly string[];
    readonly requestClass?: readonly string[];
    readonly thinking?: boolean;
    readonly image?: boolean;
    readonly minTokens?: number;
  };
  readonly use: string;
}

export interface RouterConfig {
  readonly autoMap?: string;
  readonly default?: string;
  readonly webSearch?: string;
  readonly think?: string;
  readonly background?: string;
  readonly backgroundPattern: string;
  readonly longContext?: { readonly model: string; readonly thresholdTokens: number };
  readonly image?: string;
  readonly rules: readonly RouterRuleConfig[];
}

/** What people can ask to be told of, by webhook. */
export const EVENT_TYPES = [
  'credential.reauthorization_required',
  'credential.blocked',
  'budget.threshold',
  'budget.exhausted',
  'provider.down',
  'provider.recovered',
  'config.rejected',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const WEBHOOK_FORMATS = ['json', 'slack'] as const;

export interface WebhookConfig {
  readonly name: string;
  readonly url: string;
  readonly events: readonly EventType[];
  readonly secret?: string;
  readonly format: (typeof WEBHOOK_FORMATS)[number];
  readonly allowPrivateNetwork: boolean;
}
