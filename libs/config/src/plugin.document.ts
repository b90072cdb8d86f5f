import type { RequestHeadersHook, ResponseHeadersHook } from '@muxgate/plugins';
import {
  Flag,
  Headers,
  Name,
  OneOf,
  Scopes,
  Section,
  Sections,
  Text,
  TextMap,
  Texts,
  TextsOf,
  Url,
  Whole,
  Wholes,
} from './fields.js';
import { Hook, Path, PathMap } from './plugin.fields.js';
import { CLIENT_AUTHENTICATIONS, GRANTS, PROTOCOLS, TOKEN_REQUEST_FORMATS } from './snapshot.types.js';
import type { ClientAuthentication, Grant, Protocol, TokenRequestFormat } from './snapshot.types.js';

const PRESET_NAME = 'What `preset` in the configuration calls it.';

export class ProviderPresetSection {
  @Name({ about: PRESET_NAME, required: true })
  name!: string;

  @Text({ about: 'As people name the vendor.', required: true })
  title!: string;

  @OneOf(PROTOCOLS, { about: 'The API that it speaks.', required: true })
  protocol!: Protocol;

  @TextsOf(PROTOCOLS, { about: 'Other protocols at the same base URL.' })
  alsoSpeaks?: Protocol[];

  @Url({ about: "What the vendor's own SDK takes; without one the configuration has to have it." })
  baseUrl?: string;

  @OneOf(['authorization', 'api-key'], {
    about: 'The header for an API key, where it is not the usual one of the protocol.',
  })
  keyHeader?: 'authorization' | 'api-key';

  @Headers({ about: 'Headers that the vendor demands.' })
  headers?: Record<string, string>;

  @Flag({ about: "A server on the operator's own machine: plain HTTP on loopback." })
  local?: true;

  @Texts({ about: 'Where the vendor differs, for people.' })
  quirks?: string[];

  @Url({ about: "The vendor's documentation.", required: true })
  docs!: string;
}

export class OAuthFieldsSection {
  @OneOf(GRANTS, { about: 'As in `oauthProviders`, and so are all of these.' })
  grant?: Grant;

  @Url({ about: 'The issuer, for discovery.' })
  issuer?: string;

  @Url({ about: 'The authorization endpoint; `{tenant}` in a URL is the `tenant`.' })
  authorizationUrl?: string;

  @Url({ about: 'The token endpoint.' })
  tokenUrl?: string;

  @Url({ about: 'The device authorization endpoint.' })
  deviceAuthorizationUrl?: string;

  @Url({ about: 'The revocation endpoint.' })
  revocationUrl?: string;

  @Text({ about: 'The tenant, unless the configuration names one.' })
  tenant?: string;

  @Text({ about: 'The client id, unless the configuration names one.' })
  clientId?: string;

  @OneOf(CLIENT_AUTHENTICATIONS, { about: 'How the client authenticates.' })
  clientAuthentication?: ClientAuthentication;

  @OneOf(TOKEN_REQUEST_FORMATS, { about: 'The body format of token requests.' })
  tokenRequestFormat?: TokenRequestFormat;

  @Scopes({ about: 'The scopes to ask for.' })
  scopes?: string[];

  @Url({ about: 'Where the browser returns to.' })
  redirectUri?: string;

  @TextMap({ about: 'More parameters of the authorization request.' })
  authorizeParams?: Record<string, string>;

  @Texts({ about: 'The hosts that its credentials may be sent to.' })
  hosts?: string[];
}

export class OAuthQuirksSection {
  @Flag({ about: 'The code exchange repeats the `state`.' })
  exchangeSendsState?: true;

  @Flag({ about: 'The id_token is verified, and a nonce asked for.' })
  verifiesIdToken?: true;

  @Wholes({ min: 400, max: 599 }, { about: 'Statuses by which the token endpoint turns the client away.' })
  refusalStatuses?: number[];

  @Path({ about: 'Where the name of the account stands in the answer or a token.' })
  account?: string[];

  @PathMap({ about: 'What else of those is kept, for `upstreamHeaders`.' })
  facts?: Record<string, string[]>;

  @Whole({ min: 60, max: 315_360_000 }, { about: 'The life of a token whose end is not named, in seconds.' })
  unnamedLifetimeSeconds?: number;

  @Headers({ about: 'Headers that requests with this credential need; `{name}` is a fact.' })
  upstreamHeaders?: Record<string, string>;
}

export class OAuthPresetSection {
  @Name({ about: PRESET_NAME, required: true })
  name!: string;

  @Text({ about: 'As people name the vendor.', required: true })
  title!: string;

  @Url({ about: "The vendor's documentation.", required: true })
  docs!: string;

  @Text({ about: 'What the vendor says about use by others.' })
  termsNotice?: string;

  @Flag({ about: 'Off until the configuration says `acknowledgeTerms: true`.' })
  needsAcknowledgement?: true;

  @Section(() => OAuthFieldsSection, { about: 'What it fills in.', required: true })
  fields!: OAuthFieldsSection;

  @Section(() => OAuthQuirksSection, { about: 'Where it differs from the RFCs.' })
  quirks?: OAuthQuirksSection;
}

/** The default export of a plugin's module, held to what `Plugin` of libs/plugins says. */
export class PluginDocument {
  @Whole({ min: 1, max: 1 }, { about: 'The version of the interface.', required: true })
  apiVersion!: 1;

  @Name({ about: 'As metrics and logs name it.', required: true })
  name!: string;

  @Sections(() => OAuthPresetSection, { about: 'For `oauthProviders[].preset`.' })
  oauthPresets: OAuthPresetSection[] = [];

  @Sections(() => ProviderPresetSection, { about: 'For `providers[].preset`.' })
  providerPresets: ProviderPresetSection[] = [];

  @Hook({ about: 'Changes the headers of requests.' })
  requestHeaders?: RequestHeadersHook;

  @Hook({ about: 'Changes the headers of answers.' })
  responseHeaders?: ResponseHeadersHook;
}
