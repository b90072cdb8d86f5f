import type { ProviderConfig } from '@muxgate/config';
import type { Surface } from '../proxy/surface.js';

const DIALECTS = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'] as const;
/** An upstream protocol that translation reaches. */
export type Dialect = (typeof DIALECTS)[number];

/** The protocol to translate a surface's requests to; undefined where the provider speaks the surface's own. */
export function translatedDialect(provider: ProviderConfig, surface: Surface): Dialect | undefined {
  if (provider.protocol === surface.protocol) return undefined;
  return DIALECTS.find((dialect) => dialect === provider.protocol);
}
