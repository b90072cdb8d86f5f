import { findProviderPreset } from '@muxgate/providers';
import type { ConfigDocument, ModelEntry } from './document.js';
import { deepFreeze, frozenMap } from './freeze.js';
import type { OAuthProviderEntry } from './oauth-provider.document.js';
import type { AuthSection, ProviderEntry } from './provider.document.js';
import type { RouterSection, RuleEntry } from './router.document.js';
import type {
  ConfigSnapshot,
  ModelConfig,
  OAuthProviderConfig,
  ProviderAuth,
  ProviderConfig,
  RouterConfig,
  RouterRuleConfig,
} from './snapshot.types.js';

/** A document without mistakes → the snapshot that services use. */
export function buildSnapshot(document: ConfigDocument, revision: number): ConfigSnapshot {
  return deepFreeze({
    revision,
    clients: { ...document.clients },
    oauthProviders: frozenMap(document.oauthProviders.map(oauthProvider)),
    providers: frozenMap(document.providers.map(provider)),
    models: frozenMap(document.models.map(model)),
    router: router(document.router),
    plugins: [...document.plugins],
  });
}

function oauthProvider(entry: OAuthProviderEntry): OAuthProviderConfig {
  return given({
    ...entry,
    clientAuthentication:
      entry.clientAuthentication ?? (entry.clientSecret === undefined ? 'none' : 'client_secret_basic'),
  }) as OAuthProviderConfig;
}

function provider(entry: ProviderEntry): ProviderConfig {
  const preset = entry.preset === undefined ? undefined : findProviderPreset(entry.preset);
  return given({
    ...entry,
    protocol: entry.protocol ?? preset?.protocol,
    baseUrl: (entry.baseUrl ?? preset?.baseUrl ?? '').replace(/\/+$/, ''),
    auth: auth(entry.auth),
    headers: lowerCased({ ...preset?.headers, ...entry.headers }),
    timeouts: { ...entry.timeouts },
  }) as ProviderConfig;
}

const auth = ({ type, value, credential }: AuthSection): ProviderAuth =>
  given({ type, value, credential }) as ProviderAuth;

function model(entry: ModelEntry): ModelConfig {
  const targets = entry.targets
    .map((target) => ({ ...target }))
    .sort((one, other) => one.priority - other.priority);
  return given({
    name: entry.name,
    targets,
    pricing: entry.pricing && given({ ...entry.pricing }),
  }) as ModelConfig;
}

function router(section: RouterSection): RouterConfig {
  return given({
    ...section,
    longContext: section.longContext && { ...section.longContext },
    rules: section.rules.map(rule),
  }) as RouterConfig;
}

function rule({ name, when, use }: RuleEntry): RouterRuleConfig {
  return {
    name,
    when: given({
      ...when,
      header: when.header && lowerCased(when.header),
      client: listed(when.client),
      team: listed(when.team),
      tool: listed(when.tool),
      requestClass: listed(when.requestClass),
    }) as RouterRuleConfig['when'],
    use,
  };
}

const listed = (value: string | string[] | undefined): string[] | undefined =>
  typeof value === 'string' ? [value] : value && [...value];

const lowerCased = (map: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name.toLowerCase(), value]));

/** Leaves out what is undefined: an absent option has no key. */
const given = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
