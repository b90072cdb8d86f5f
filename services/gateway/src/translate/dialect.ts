import type { Protocol, ProviderConfig } from '@muxgate/config';
import type { Surface } from '../proxy/surface.js';

/** An upstream protocol that translation reaches: every one of the configuration. */
export type Dialect = Protocol;

/** The protocol to translate a surface's requests to; undefined where the provider speaks the surface's own. */
export function translatedDialect({ protocol }: ProviderConfig, surface: Surface): Dialect | undefined {
  return protocol === surface.name ? undefined : protocol;
}
