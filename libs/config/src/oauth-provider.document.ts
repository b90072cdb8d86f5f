import { Flag, Name, OneOf, Scopes, Secret, Text, TextMap, Texts, Url, Whole } from './fields.js';
import { CLIENT_AUTHENTICATIONS, GRANTS, TOKEN_REQUEST_FORMATS } from './snapshot.types.js';
import type { ClientAuthentication, Grant, TokenRequestFormat } from './snapshot.types.js';

export class OAuthProviderEntry {
  @Name({ about: 'Its name, and by default the id of the credential that it feeds.', required: true })
  name!: string;

  @Name({ about: 'A built-in description that fills in the rest.' })
  preset?: string;

  @Flag({ about: 'Needed for presets that the vendor does not offer to third parties.' })
  acknowledgeTerms?: boolean;

  @OneOf(GRANTS, { about: 'How tokens are first obtained.', defaultText: '`authorization_code`' })
  grant?: Grant;

  @Text({
    about:
      "Which of a vendor's tenants a preset speaks with: the directory of Microsoft Entra, the host of GitHub Enterprise.",
  })
  tenant?: string;

  @Url({ about: 'Turns on discovery (RFC 8414, OpenID Connect) and the `iss` check of RFC 9207.' })
  issuer?: string;

  @Url({ about: 'The authorization endpoint, where discovery is not used.' })
  authorizationUrl?: string;

  @Url({ about: 'The token endpoint, where discovery is not used.' })
  tokenUrl?: string;

  @Url({ about: 'The device authorization endpoint (RFC 8628), where discovery is not used.' })
  deviceAuthorizationUrl?: string;

  @Url({ about: 'The revocation endpoint (RFC 7009).' })
  revocationUrl?: string;

  @Text({
    about: 'The client that this server knows Muxgate as.',
    defaultText: "the preset's; required without one",
  })
  clientId?: string;

  @Secret({
    about: 'The secret of that client; absent for a public client.',
    usedBy: ['auth', 'worker'],
  })
  clientSecret?: string;

  @OneOf(CLIENT_AUTHENTICATIONS, {
    about: 'How the client authenticates at the token endpoint.',
    defaultText: '`client_secret_basic` with a `clientSecret`, else `none`',
  })
  clientAuthentication?: ClientAuthentication;

  @OneOf(TOKEN_REQUEST_FORMATS, { about: 'The body format of token requests.', defaultText: '`form`' })
  tokenRequestFormat?: TokenRequestFormat;

  @Scopes({ about: 'The scopes to ask for.', defaultText: 'none' })
  scopes?: string[];

  @Url({ about: "The vendor's API, where a preset does more than fetch tokens." })
  apiUrl?: string;

  @Texts({
    about: 'The hosts that its credentials may be sent to, `*` for a part of a name.',
    defaultText: 'any that a provider names',
  })
  hosts?: string[];

  @Url({ about: 'Where the browser returns to.', defaultText: '`${PUBLIC_URL}/api/oauth/callback`' })
  redirectUri?: string;

  @TextMap({ about: 'More parameters of the authorization request.', defaultText: 'none' })
  authorizeParams?: Record<string, string>;

  @Whole(
    { min: 0, max: 86_400 },
    { about: 'How long before their end access tokens are refreshed (at most 20 % of their lifetime).' },
  )
  refreshAheadSeconds: number = 300;

  @Whole(
    { min: 0, max: 86_400 },
    { about: 'The most by which a refresh is moved forward at random (at most 10 % of the lifetime).' },
  )
  refreshJitterSeconds: number = 60;

  @Whole(
    { min: 0, max: 60_000 },
    {
      about:
        'The shortest time between two refreshes under one client id, over all workers; for vendors that take a burst for abuse.',
    },
  )
  refreshSpacingMs: number = 0;

  @Whole(
    { min: 1, max: 3_650 },
    {
      about:
        'Refreshes at least so often, whatever the access token allows, where the vendor lets an unused refresh token lapse.',
    },
  )
  keepAliveDays?: number;

  @Whole(
    { min: 1, max: 3_650 },
    { about: 'The greatest age of an authorization: after it the credential has to be connected again.' },
  )
  reauthorizeAfterDays?: number;

  @Whole(
    { min: 0, max: 86_400 },
    {
      about:
        'How long after a refresh whose answer was lost the vendor documents that it may be repeated; within it repetitions are quick.',
    },
  )
  replayWindowSeconds: number = 0;

  @Flag({ about: 'Allows loopback, link-local and private addresses, and `http:`.' })
  allowPrivateNetwork: boolean = false;
}
