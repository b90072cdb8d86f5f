import { isLoopbackHost } from '@muxgate/egress';
import { presetNamed, type ProviderPreset } from '@muxgate/providers';
import type { ProviderEntry } from './provider.document.js';

/**
 * What a provider may reach. A local preset vouches for loopback only: a server elsewhere needs the operator's own
 * `allowPrivateNetwork: true`.
 */
export function allowsPrivateNetwork(entry: ProviderEntry, presets: readonly ProviderPreset[]): boolean {
  if (entry.allowPrivateNetwork !== undefined) return entry.allowPrivateNetwork;
  const preset = presetNamed(presets, entry.preset);
  if (preset?.local !== true) return false;
  const url = URL.parse(entry.baseUrl ?? preset.baseUrl ?? '');
  return url !== null && isLoopbackHost(url.hostname);
}
