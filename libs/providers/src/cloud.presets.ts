import type { ProviderPreset } from './preset.types.js';

const GOOGLE_AUTH =
  'With `auth: { type: none }`, requests carry a token of the application default credentials; an `apiKey` is the JSON of a service account or of workload identity federation, or a key of express mode.';

/** Vendors whose protocol no client speaks to Muxgate: every request to them is translated. */
export const CLOUD_PRESETS: readonly ProviderPreset[] = [
  {
    name: 'bedrock',
    title: 'Amazon Bedrock, Converse API',
    protocol: 'bedrock',
    quirks: [
      'Needs your own `baseUrl`: `https://bedrock-runtime.REGION.amazonaws.com`.',
      'With `auth: { type: none }`, requests are signed with what the default credential chain of AWS finds; an `apiKey` is one of Bedrock.',
      '`model` of a target is a model ID, or the ID or ARN of an inference profile.',
    ],
    docs: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  },
  {
    name: 'gemini',
    title: 'Google Gemini',
    protocol: 'gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    docs: 'https://ai.google.dev/api/generate-content',
  },
  {
    name: 'vertex',
    title: 'Google Vertex AI, models of Google',
    protocol: 'vertex',
    quirks: [
      'Needs your own `baseUrl`: `https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION/publishers/google`.',
      GOOGLE_AUTH,
    ],
    docs: 'https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
  },
  {
    name: 'vertex-anthropic',
    title: 'Google Vertex AI, models of Anthropic',
    protocol: 'vertex-anthropic',
    quirks: [
      'Needs your own `baseUrl`: `https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION/publishers/anthropic`.',
      GOOGLE_AUTH,
      "Anthropic's protocol but for the place of the model and the version: a request of Messages is translated too.",
    ],
    docs: 'https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude',
  },
];
