import type { ProviderConfig } from '@muxgate/config';
import { guardedAgents } from '@muxgate/egress';
import type { Credential } from './credential.js';
import { CredentialUnavailable } from './errors.js';
import { GoogleClients } from './google-clients.js';

/** Keys that sign a request to AWS. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A metadata service that is not there must not hold a request for longer. */
const LOOKUP_MS = 10_000;

/**
 * What a provider's cloud gives: to a machine by where it runs, without a key in the configuration, or for Google's own
 * kinds of credentials. The vendors' libraries find it, keep it and renew it; they are loaded when first needed, and
 * their requests for tokens pass our guard, as the provider's own do.
 */
export class CloudCredentials {
  private readonly aws = new Map<boolean, Promise<() => Promise<AwsKeys>>>();

  constructor(
    private readonly google = new GoogleClients(),
    private readonly lookupMs = LOOKUP_MS,
  ) {}

  /** Rejects with CredentialUnavailable; undefined for a protocol of no cloud, and for a plain key. */
  of(provider: ProviderConfig): Promise<Credential> | undefined {
    const { protocol, auth } = provider;
    const machine = auth.type === 'none';
    switch (protocol) {
      case 'bedrock':
        return machine ? this.found('AWS', this.awsCredential(provider)) : undefined;
      case 'vertex':
      case 'vertex-anthropic':
        return machine || isGoogleCredentials(auth)
          ? this.found('Google Cloud', this.googleCredential(provider))
          : undefined;
      default:
        return undefined;
    }
  }

  private async awsCredential({ allowPrivateNetwork }: ProviderConfig): Promise<Credential> {
    let chain = this.aws.get(allowPrivateNetwork);
    if (chain === undefined) {
      chain = import('@aws-sdk/credential-providers').then(({ fromNodeProviderChain }) =>
        fromNodeProviderChain({ clientConfig: { requestHandler: guardedAgents(allowPrivateNetwork) } }),
      );
      this.aws.set(allowPrivateNetwork, chain);
    }
    return { headers: [], grant: undefined, aws: await (await chain)() };
  }

  private async googleCredential(provider: ProviderConfig): Promise<Credential> {
    const client = await this.google.of(provider);
    const authorization = (await client.getRequestHeaders(provider.baseUrl)).get('authorization');
    if (authorization === null) throw new Error('no access token came');
    return { headers: ['authorization', authorization], grant: undefined };
  }

  private async found(cloud: string, lookup: Promise<Credential>): Promise<Credential> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing after ${this.lookupMs} ms`)), this.lookupMs);
    });
    try {
      return await Promise.race([lookup, late]);
    } catch (error) {
      throw new CredentialUnavailable(`${cloud} gives no credentials to this gateway`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A key of express mode is one word, credentials of Google's are JSON; the configuration has checked which. */
function isGoogleCredentials(auth: ProviderConfig['auth']): boolean {
  return auth.type === 'apiKey' && auth.value.trimStart().startsWith('{');
}
