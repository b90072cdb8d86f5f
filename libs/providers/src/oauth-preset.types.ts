/** Where a vendor's OAuth differs from the RFCs: data that the steps of the connect and refresh paths look at. */
export interface OAuthQuirks {
  /** `openai`: JSON, 403 and 404 for "not yet", and an authorization code in place of tokens. */
  readonly deviceFlow?: 'openai';
  /** `chatgpt`: the client id is issued with the first callback and kept with the credential. */
  readonly registration?: 'chatgpt';
  /** The code exchange repeats the `state`. */
  readonly exchangeSendsState?: true;
  /** The id_token decides whose credential it is: it is verified, and a nonce asked for. */
  readonly verifiesIdToken?: true;
  /** Statuses by which the token endpoint turns other people's apps away, where no OAuth error comes with them. */
  readonly refusalStatuses?: readonly number[];
  /** Where the name of the account stands, in the answer, the id_token or the access token. */
  readonly account?: readonly string[];
  /** What else of those is kept with the credential, for `upstreamHeaders`. */
  readonly facts?: Readonly<Record<string, readonly string[]>>;
  /** The life of an access token whose end the vendor does not name, in seconds; else one hour. */
  readonly unnamedLifetimeSeconds?: number;
  /** Headers that requests with this credential need; `{name}` is a fact, and a header without it is left out. */
  readonly upstreamHeaders?: Readonly<Record<string, string>>;
  /** What is done once the token set is stored, at `apiUrl`. */
  readonly afterConnect?: 'anthropic-api-key' | 'code-assist';
}

/** The fields of an `oauthProviders` entry that a preset fills in; the entry's own win. */
export interface OAuthPresetFields {
  readonly grant?: 'authorization_code' | 'device_code' | 'client_credentials';
  readonly issuer?: string;
  /** `{tenant}` in a URL is the entry's `tenant`. */
  readonly authorizationUrl?: string;
  readonly tokenUrl?: string;
  readonly deviceAuthorizationUrl?: string;
  readonly revocationUrl?: string;
  readonly apiUrl?: string;
  readonly tenant?: string;
  readonly clientId?: string;
  readonly clientAuthentication?: 'none' | 'client_secret_basic' | 'client_secret_post';
  readonly tokenRequestFormat?: 'form' | 'json';
  readonly scopes?: readonly string[];
  readonly redirectUri?: string;
  readonly authorizeParams?: Readonly<Record<string, string>>;
  readonly hosts?: readonly string[];
}

/** A vendor's OAuth as data. */
export interface OAuthPreset {
  readonly name: string;
  readonly title: string;
  readonly docs: string;
  /** What the vendor says about use by others, for operators to read. */
  readonly termsNotice?: string;
  /** Off until the operator sets `acknowledgeTerms: true`. */
  readonly needsAcknowledgement?: true;
  readonly fields: OAuthPresetFields;
  readonly quirks?: OAuthQuirks;
}
