import type { LanguageModelV4Message, SharedV4ProviderOptions } from '@ai-sdk/provider';
import { isObject } from './json.js';

interface Optioned {
  readonly providerOptions?: SharedV4ProviderOptions;
}

/**
 * Claude at Bedrock knows what Claude elsewhere does, by other names: breakpoints of the prompt cache, and signatures,
 * which are good at every place where Anthropic's models are served.
 */
export function asBedrockOptions(prompt: readonly LanguageModelV4Message[]): LanguageModelV4Message[] {
  return prompt.map((message) => {
    const renamed = rename(message);
    return typeof renamed.content === 'string'
      ? renamed
      : ({ ...renamed, content: renamed.content.map(rename) } as LanguageModelV4Message);
  });
}

function rename<T extends Optioned>(part: T): T {
  const known = part.providerOptions?.['anthropic'];
  if (known === undefined) return part;
  const { cacheControl, signature, redactedData } = known;
  const amazonBedrock = {
    ...(isObject(cacheControl) ? { cachePoint: cachePoint(cacheControl['ttl']) } : {}),
    ...(signature === undefined ? {} : { signature }),
    ...(redactedData === undefined ? {} : { redactedContent: redactedData }),
  };
  return { ...part, providerOptions: { amazonBedrock } };
}

function cachePoint(ttl: unknown): { type: string; ttl?: string } {
  return { type: 'default', ...(typeof ttl === 'string' ? { ttl } : {}) };
}
