import { VendorError } from './vendor-error.js';

/** The models that each simulated vendor serves; a request for another vendor's model is a 404, as in life. */
export const ANTHROPIC_MODELS = ['claude-sandbox-1', 'claude-sandbox-mini-1'] as const;
export const OPENAI_MODELS = ['gpt-sandbox-1', 'gpt-sandbox-mini-1'] as const;
export const GEMINI_MODELS = ['gemini-sandbox-1'] as const;

const RELEASED = '2026-01-01T00:00:00Z';

function anthropicModel(id: string): object {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: RELEASED,
    deprecated_at: null,
    retires_at: null,
    lifecycle: 'active',
    line: null,
    capabilities: null,
    max_input_tokens: 1_000_000,
    max_tokens: 128_000,
  };
}

function openaiModel(id: string): object {
  return { id, object: 'model', created: Date.parse(RELEASED) / 1000, owned_by: 'sandbox' };
}

/** `GET /v1/models[/{id}]`: both vendors have the path; `anthropic-version` tells whose API is meant. */
export function answerModels(anthropic: boolean, id: string | undefined): object {
  const ids: readonly string[] = anthropic ? ANTHROPIC_MODELS : OPENAI_MODELS;
  const describe = anthropic ? anthropicModel : openaiModel;
  if (id !== undefined) {
    if (!ids.includes(id)) throw new VendorError(404, `model: ${id}`, 'model');
    return describe(id);
  }
  const data = ids.map(describe);
  return anthropic
    ? { data, has_more: false, first_id: ids[0], last_id: ids.at(-1) }
    : { object: 'list', data };
}
