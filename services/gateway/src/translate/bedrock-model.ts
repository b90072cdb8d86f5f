import type { ProviderConfig } from '@muxgate/config';
import type { AwsKeys } from '../proxy/cloud-credentials.js';
import type { UpstreamModel } from './upstream-model.js';

/** A label of `bedrock-runtime.eu-central-1.amazonaws.com`, and of the names of private endpoints. */
const REGION = /(?:^|\.)([a-z]{2,4}(?:-[a-z]+)+-\d)(?=\.)/;

/** Converse of Amazon Bedrock: signed with keys where there are any, else with the API key that goes on later. */
export async function bedrockModel(
  provider: ProviderConfig,
  model: string,
  fetch: typeof globalThis.fetch,
  keys: AwsKeys | undefined,
): Promise<UpstreamModel> {
  const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock');
  const region = REGION.exec(new URL(provider.baseUrl).hostname)?.[1];
  return createAmazonBedrock({
    baseURL: provider.baseUrl,
    fetch,
    // without a region in the URL, the library takes that of the variable AWS_REGION
    ...(region === undefined ? {} : { region }),
    ...(keys === undefined
      ? { apiKey: 'set-by-muxgate' }
      : // the empty key keeps the library from looking for one in the environment
        { apiKey: '', credentialProvider: () => Promise.resolve(keys) }),
  })(model);
}
