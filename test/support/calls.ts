import type { RunningStack } from './processes.ts';

export interface CallResult {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** One request of a coding agent to a gateway, or to what stands before several; streamed unless told. */
export async function callGateway(
  stack: { readonly gateway: { readonly url: string }; readonly clientKey: string },
  options: {
    text?: string;
    model?: string;
    maxTokens?: number;
    stream?: boolean;
    headers?: Record<string, string>;
    timeoutMs?: number;
  } = {},
): Promise<CallResult> {
  const response = await fetch(`${stack.gateway.url}/v1/messages`, {
    method: 'POST',
    headers: {
      'x-api-key': stack.clientKey,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      ...options.headers,
    },
    body: JSON.stringify({
      model: options.model ?? 'claude-sandbox',
      max_tokens: options.maxTokens ?? 200,
      stream: options.stream ?? true,
      messages: [{ role: 'user', content: options.text ?? 'Hello' }],
    }),
    signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** A streamed answer that came whole, or a JSON one. */
export function succeeded({ status, text }: CallResult): boolean {
  return (
    status === 200 &&
    !text.includes('event: error') &&
    (text.startsWith('{') || text.includes('message_stop'))
  );
}

/** The stack's sandbox credential as `GET /api/oauth/tokens` tells it. */
export async function sandboxCredential(
  stack: Pick<RunningStack, 'admin'>,
): Promise<{ status: string; generation: number; expiresAt: string }> {
  const { status, body } = await stack.admin('GET', '/api/oauth/tokens/sandbox');
  if (status !== 200) throw new Error(`GET /api/oauth/tokens/sandbox answered ${status}`);
  return body as { status: string; generation: number; expiresAt: string };
}
