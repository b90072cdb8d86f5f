import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { ProviderConfig } from '@muxgate/config';
import type { Credential } from '../proxy/credential.js';
import { bedrockModel } from './bedrock-model.js';
import type { Dialect } from './dialect.js';
import { REASONING_MODELS } from './model-quirks.js';
import { vertexAnthropicModel, vertexModel } from './vertex-model.js';

/** The library refuses to start without a key; ours is set where the request leaves. */
const NO_KEY = 'set-by-muxgate';
/** They refuse `max_tokens`, as reasoning models do; all others know nothing else. */
const OPENAI_HOSTS = /(^|\.)(openai\.com|openai\.azure\.com)$/;

/** What translation asks of the library. */
export type UpstreamModel = Pick<LanguageModelV4, 'doGenerate' | 'doStream'>;

/** The upstream's dialect, spoken by the library over our connections. */
export function upstreamModel(
  provider: ProviderConfig,
  dialect: Dialect,
  model: string,
  fetch: typeof globalThis.fetch,
  { aws }: Pick<Credential, 'aws'> = {},
): UpstreamModel {
  const settings = { apiKey: NO_KEY, fetch };
  switch (dialect) {
    case 'anthropic-messages':
      return createAnthropic({ ...settings, baseURL: `${provider.baseUrl.replace(/\/$/, '')}/v1` })(model);
    case 'openai-chat': {
      const renamed = OPENAI_HOSTS.test(new URL(provider.baseUrl).hostname) || REASONING_MODELS.test(model);
      return createOpenAICompatible({
        ...settings,
        baseURL: provider.baseUrl,
        name: 'openaiCompatible',
        includeUsage: true,
        supportsStructuredOutputs: true,
        ...(renamed ? { transformRequestBody: renameMaxTokens } : {}),
      })(model);
    }
    case 'openai-responses':
      return createOpenAI({ ...settings, baseURL: provider.baseUrl }).responses(model);
    case 'gemini':
      return createGoogle({ ...settings, baseURL: provider.baseUrl })(model);
    case 'bedrock':
      return lazily(() => bedrockModel(provider, model, fetch, aws));
    case 'vertex':
      return lazily(() => vertexModel(provider, model, fetch));
    case 'vertex-anthropic':
      return lazily(() => vertexAnthropicModel(provider, model, fetch));
  }
}

/** The libraries of clouds are loaded when a request first needs them. */
function lazily(load: () => Promise<UpstreamModel>): UpstreamModel {
  return {
    doGenerate: async (options) => (await load()).doGenerate(options),
    doStream: async (options) => (await load()).doStream(options),
  };
}

function renameMaxTokens({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return { ...body, max_completion_tokens: max_tokens };
}
