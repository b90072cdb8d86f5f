import { isLoopbackHost } from '@muxgate/egress';
import { findProviderPreset } from '@muxgate/providers';
import type { ProviderEntry } from './provider.document.js';

/**
 * What a provider may reach. A local preset vouches for loopback only: a server elsewhere needs the operator's own
 * `allowPrivateNetwork: true`.
 */
export function allowsPrivateNetwork(entry: ProviderEntry): boolean {
  if (entry.allowPrivateNetwork !== undefined) return entry.allowPrivateNetwork;
  const preset = entry.preset === undefined ? undefined : findProviderPreset(entry.preset);
  if (preset?.local !== true) return false;
  const url = URL.parse(entry.baseUrl ?? preset.baseUrl ?? '');
  return url !== null && isLoopbackHost(url.hostname);
}
