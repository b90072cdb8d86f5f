import type { ProviderConfig } from '@muxgate/config';
import { guardedFetch } from '@muxgate/egress';
import type {
  AuthClient,
  AwsClientOptions,
  GoogleAuth,
  IdentityPoolClientOptions,
  JWTInput,
} from 'google-auth-library';

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];
const CONNECT_MS = 5_000;

/** What of the vendor's library is used: the `authorization` that it has, renewed ahead of its end. */
export type GoogleClient = Pick<GoogleAuth, 'getRequestHeaders'>;

/** Opens connections to the services that give tokens; a test says where those are. */
export type FetchOf = (allowPrivateNetwork: boolean) => typeof fetch;

/** Of a service account's key or a configuration of workload identity federation, what tells them apart. */
interface GoogleCredentials {
  readonly type: string;
  readonly credential_source?: { readonly environment_id?: string; readonly executable?: object };
}

/**
 * Clients of Google's own library, one for each provider that has credentials of its own and one for all that use the
 * machine's. Requests for tokens pass our guard; those to the metadata service of a machine do not, whose address is
 * link-local by its nature.
 */
export class GoogleClients {
  private readonly ofProviders = new WeakMap<ProviderConfig, Promise<GoogleClient>>();
  private readonly ofMachine = new Map<boolean, Promise<GoogleClient>>();

  constructor(
    private readonly fetchOf: FetchOf = (allowPrivateNetwork) =>
      guardedFetch(allowPrivateNetwork, CONNECT_MS),
  ) {}

  of(provider: ProviderConfig): Promise<GoogleClient> {
    const { auth, allowPrivateNetwork } = provider;
    const own = auth.type === 'apiKey';
    let client = own ? this.ofProviders.get(provider) : this.ofMachine.get(allowPrivateNetwork);
    if (client !== undefined) return client;
    const fetch = this.fetchOf(allowPrivateNetwork);
    if (own) this.ofProviders.set(provider, (client = ownClient(auth.value, fetch)));
    else this.ofMachine.set(allowPrivateNetwork, (client = machineClient(fetch)));
    return client;
  }
}

async function machineClient(fetch: typeof globalThis.fetch): Promise<GoogleClient> {
  const { GoogleAuth, gaxios } = await import('google-auth-library');
  const transporter = new gaxios.Gaxios({ fetchImplementation: fetch });
  // a named project keeps the library from asking which one it is: the base URL says, and no token depends on it
  const auth = new GoogleAuth({ scopes: SCOPES, projectId: 'in-base-url', clientOptions: { transporter } });
  return {
    getRequestHeaders: async (url) => through(await auth.getClient(), transporter).getRequestHeaders(url),
  };
}

/** By kind, as Google advises: what a configuration could make the library run or read is decided here. */
async function ownClient(text: string, fetch: typeof globalThis.fetch): Promise<GoogleClient> {
  const { AwsClient, IdentityPoolClient, JWT, gaxios } = await import('google-auth-library');
  const transporter = new gaxios.Gaxios({ fetchImplementation: fetch });
  const credentials = JSON.parse(text) as GoogleCredentials;
  const options = { scopes: SCOPES, transporter };
  if (credentials.type === 'service_account') {
    const client = new JWT(options);
    client.fromJSON(credentials as JWTInput);
    return client;
  }
  const federated: unknown = { ...credentials, ...options };
  const client =
    credentials.credential_source?.environment_id === undefined
      ? new IdentityPoolClient(federated as IdentityPoolClientOptions)
      : new AwsClient(federated as AwsClientOptions);
  return through(client, transporter);
}

/** Parts of a client that the library gives a transport of their own, whatever the client's is. */
const INNER_PARTS = ['stsCredential', 'sourceClient'];

function through<T extends object>(client: T, transporter: AuthClient['transporter']): T {
  Object.assign(client, { transporter });
  for (const name of INNER_PARTS) {
    const part: unknown = Reflect.get(client, name);
    if (typeof part === 'object' && part !== null) through(part, transporter);
  }
  return client;
}
