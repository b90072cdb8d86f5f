/** The request that Try it sends, on each surface. */

export const SURFACES = ['anthropic-messages', 'openai-chat', 'openai-responses'] as const;
export type Surface = (typeof SURFACES)[number];

export const PATHS: Readonly<Record<Surface, string>> = {
  'anthropic-messages': '/v1/messages',
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
};

export interface Draft {
  readonly surface: Surface;
  readonly model: string;
  readonly provider: string;
  readonly prompt: string;
  readonly maxTokens: number;
  readonly stream: boolean;
}

export function bodyOf({ surface, model, prompt, maxTokens, stream }: Draft): object {
  const messages = [{ role: 'user', content: prompt }];
  switch (surface) {
    case 'anthropic-messages':
      return { model, max_tokens: maxTokens, stream, messages };
    case 'openai-chat':
      return {
        model,
        max_completion_tokens: maxTokens,
        stream,
        messages,
        ...(stream ? { stream_options: { include_usage: true } } : {}),
      };
    case 'openai-responses':
      return { model, max_output_tokens: maxTokens, stream, input: prompt };
  }
}

export function curlOf(draft: Draft, url: string, key: string): string {
  const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
  const headers = [
    draft.surface === 'anthropic-messages' ? `x-api-key: ${key}` : `authorization: Bearer ${key}`,
    ...(draft.surface === 'anthropic-messages' ? ['anthropic-version: 2023-06-01'] : []),
    'content-type: application/json',
    ...(draft.provider === '' ? [] : [`x-muxgate-provider: ${draft.provider}`]),
  ];
  return [
    `curl ${draft.stream ? '-N ' : ''}${url}${PATHS[draft.surface]}`,
    ...headers.map((header) => `  -H ${quoted(header)}`),
    `  -d ${quoted(JSON.stringify(bodyOf(draft)))}`,
  ].join(' \\\n');
}
