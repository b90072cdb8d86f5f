import type { ProviderConfig } from '@muxgate/config';
import { TRANSLATED_PROTOCOLS } from '@muxgate/routing';
import type { Surface } from '../proxy/surface.js';

/** An upstream protocol that translation reaches. */
export type Dialect = (typeof TRANSLATED_PROTOCOLS)[number];

/** The protocol to translate a surface's requests to; undefined where the provider speaks the surface's own. */
export function translatedDialect(provider: ProviderConfig, surface: Surface): Dialect | undefined {
  if (provider.protocol === surface.protocol) return undefined;
  return TRANSLATED_PROTOCOLS.find((dialect) => dialect === provider.protocol);
}
