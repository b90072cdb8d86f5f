import type { ProviderPreset } from './preset.types.js';

/** Vendors whose protocol no client speaks to Muxgate: every request to them is translated. */
export const CLOUD_PRESETS: readonly ProviderPreset[] = [
  {
    name: 'gemini',
    title: 'Google Gemini',
    protocol: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    docs: 'https://ai.google.dev/api/generate-content',
  },
];
