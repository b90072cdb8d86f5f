import type { Protocol } from '@muxgate/config';
import type { GoogleAuth } from 'google-auth-library';
import type { Credential } from './credential.js';
import { CredentialUnavailable } from './errors.js';

/** Keys that sign a request to AWS. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const GOOGLE_SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];
/** A metadata service that is not there must not hold a request for longer. */
const LOOKUP_MS = 10_000;

/**
 * What a machine may use in its cloud by where it runs, without a key in the configuration. The vendors' libraries
 * find it, keep it and renew it; they are loaded when they are first needed.
 */
export class CloudCredentials {
  private aws: Promise<() => Promise<AwsKeys>> | undefined;
  private google: Promise<GoogleAuth> | undefined;

  constructor(private readonly lookupMs = LOOKUP_MS) {}

  /** Rejects with CredentialUnavailable; undefined for a protocol of no cloud. */
  of(protocol: Protocol): Promise<Credential> | undefined {
    switch (protocol) {
      case 'bedrock':
        return this.found('AWS', this.awsCredential());
      case 'vertex':
        return this.found('Google Cloud', this.googleCredential());
      default:
        return undefined;
    }
  }

  private async awsCredential(): Promise<Credential> {
    this.aws ??= import('@aws-sdk/credential-providers').then(({ fromNodeProviderChain }) =>
      fromNodeProviderChain(),
    );
    const keys = await (await this.aws)();
    return { header: undefined, grant: undefined, aws: keys };
  }

  private async googleCredential(): Promise<Credential> {
    this.google ??= import('google-auth-library').then(
      // a named project keeps the library from asking which one it is: the base URL says, and no token depends on it
      ({ GoogleAuth }) => new GoogleAuth({ scopes: GOOGLE_SCOPES, projectId: 'in-base-url' }),
    );
    const token = await (await this.google).getAccessToken();
    if (typeof token !== 'string') throw new Error('no access token came');
    return { header: ['authorization', `Bearer ${token}`], grant: undefined };
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
