import { presetNamed } from '@muxgate/providers';
import type { ClientKeyEntry, ClientsSection, TeamEntry } from './clients.document.js';
import { completeOAuthProvider } from './complete-oauth-provider.js';
import type { ConsoleSection } from './console.document.js';
import type { ConfigDocument, ModelEntry } from './document.js';
import { deepFreeze, frozenMap, frozenMapBy } from './freeze.js';
import { allowsPrivateNetwork } from './local-preset.js';
import type { OAuthProviderEntry } from './oauth-provider.document.js';
import type { Plugins } from './plugins.js';
import type { ProviderEntry } from './provider.document.js';
import type { RouterSection, RuleEntry } from './router.document.js';
import type {
  ClientKeyConfig,
  ClientsConfig,
  ConfigSnapshot,
  ConsoleConfig,
  ModelConfig,
  OAuthProviderConfig,
  ProviderConfig,
  RouterConfig,
  RouterRuleConfig,
  WebhookConfig,
  TeamConfig,
} from './snapshot.types.js';

/** A document without mistakes → the snapshot that services use. */
export function buildSnapshot(
  document: ConfigDocument,
  revision: number,
  { oauthPresets, providerPresets }: Plugins,
): ConfigSnapshot {
  return deepFreeze({
    revision,
    clients: clients(document.clients),
    oauthProviders: frozenMap(document.oauthProviders.map((entry) => oauthProvider(entry, oauthPresets))),
    providers: frozenMap(document.providers.map((entry) => provider(entry, providerPresets))),
    models: frozenMap(document.models.map(model)),
    router: router(document.router),
    reaper: plain(document.reaper) as ConfigSnapshot['reaper'],
    plugins: document.plugins,
    usage: plain(document.usage) as ConfigSnapshot['usage'],
    console: consoleOf(document.console),
    webhooks: frozenMap(document.webhooks.map((entry) => plain(entry) as WebhookConfig)),
  });
}

function clients({ teams, keys, ...rest }: ClientsSection): ClientsConfig {
  return {
    ...rest,
    teams: frozenMap(teams.map(shared)),
    keys: frozenMapBy(keys.map(clientKey), ({ hash }) => hash),
  };
}

function clientKey(entry: ClientKeyEntry): ClientKeyConfig {
  const expiresAt = entry.expiresAt === undefined ? undefined : Date.parse(entry.expiresAt);
  return plain(entry, shared(entry), { expiresAt }) as ClientKeyConfig;
}

function shared(entry: TeamEntry | ClientKeyEntry): TeamConfig {
  return plain(entry, {
    limits: entry.limits && plain(entry.limits),
    budget: entry.budget && plain(entry.budget),
  }) as TeamConfig;
}

function oauthProvider(entry: OAuthProviderEntry, presets: Plugins['oauthPresets']): OAuthProviderConfig {
  const preset = presetNamed(presets, entry.preset);
  const method = entry.clientSecret === undefined ? 'none' : 'client_secret_basic';
  return plain({ clientAuthentication: method }, completeOAuthProvider(entry, presets), {
    termsNotice: preset?.termsNotice,
    quirks: preset?.quirks,
  }) as OAuthProviderConfig;
}

function provider(entry: ProviderEntry, presets: Plugins['providerPresets']): ProviderConfig {
  const preset = presetNamed(presets, entry.preset);
  const baseUrl = entry.baseUrl ?? preset?.baseUrl ?? '';
  return plain({ protocol: preset?.protocol, keyHeader: preset?.keyHeader }, entry, {
    baseUrl: baseUrl.replace(/\/+$/, ''),
    allowPrivateNetwork: allowsPrivateNetwork(entry, presets),
    auth: plain(entry.auth),
    headers: lowerCased({ ...preset?.headers, ...entry.headers }),
    timeouts: plain(entry.timeouts),
  }) as ProviderConfig;
}

function model(entry: ModelEntry): ModelConfig {
  return plain(entry, {
    targets: entry.targets
      .toSorted((one, other) => one.priority - other.priority)
      .map((target) => plain(target)),
    pricing: entry.pricing && plain(entry.pricing),
    limits: entry.limits && plain(entry.limits),
  }) as ModelConfig;
}

function router(section: RouterSection): RouterConfig {
  return plain(section, {
    longContext: section.longContext && plain(section.longContext),
    rules: section.rules.map(rule),
  }) as RouterConfig;
}

function rule({ name, when, use }: RuleEntry): RouterRuleConfig {
  const conditions = plain(when, {
    header: when.header && lowerCased(when.header),
    client: listed(when.client),
    team: listed(when.team),
    tool: listed(when.tool),
    requestClass: listed(when.requestClass),
  });
  return { name, when: conditions, use };
}

function consoleOf({ sso, idleMinutes, absoluteHours }: ConsoleSection): ConsoleConfig {
  const limits = { idleMs: idleMinutes * 60_000, absoluteMs: absoluteHours * 3_600_000 };
  if (sso === undefined) return limits;
  return { ...limits, sso: plain(sso, { roles: plain(sso.roles) }) as ConsoleConfig['sso'] & object };
}

const listed = (value: string | string[] | undefined): string[] | undefined =>
  typeof value === 'string' ? [value] : value;

const lowerCased = (map: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name.toLowerCase(), value]));

/** One plain object of all that is given, later parts win; an absent option has no key. */
const plain = (...parts: object[]): object =>
  Object.fromEntries(
    parts.flatMap((part) => Object.entries(part).filter(([, value]) => value !== undefined)),
  );
