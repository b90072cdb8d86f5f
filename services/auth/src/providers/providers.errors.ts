import { defineError } from '@muxgate/runtime';

export const ProviderUntestable = defineError('ProviderUntestable', 'provider_untestable', 422);
