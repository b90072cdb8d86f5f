import type { ProviderConfig } from '@muxgate/config';
import type { UpstreamModel } from './upstream-model.js';

/** Anthropic's models at Vertex AI: its protocol, with the model in the path. */
export async function vertexAnthropicModel(
  provider: ProviderConfig,
  model: string,
  fetch: typeof globalThis.fetch,
): Promise<UpstreamModel> {
  const { createGoogleVertexAnthropic } = await import('@ai-sdk/google-vertex/anthropic/edge');
  const baseURL = `${provider.baseUrl.replace(/\/$/, '')}/models`;
  return createGoogleVertexAnthropic({
    baseURL,
    fetch,
    // the header is replaced where the request leaves
    generateAuthToken: () => Promise.resolve('set-by-muxgate'),
  })(model);
}

/** Google's models at Vertex AI; project and location are in the base URL, the credential goes on later. */
export async function vertexModel(
  provider: ProviderConfig,
  model: string,
  fetch: typeof globalThis.fetch,
): Promise<UpstreamModel> {
  // this entry, and a key, keep the library from looking for credentials itself, anew for every request
  const { createGoogleVertex } = await import('@ai-sdk/google-vertex/edge');
  return createGoogleVertex({ apiKey: 'set-by-muxgate', baseURL: provider.baseUrl, fetch })(model);
}
