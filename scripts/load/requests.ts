import { randomUUID } from 'node:crypto';

/** One request of a client as the load makes it; the sandbox vendor does what the headers tell it. */
export interface LoadRequest {
  readonly path: string;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The client leaves after so many milliseconds. */
  readonly leaveAfterMs?: number;
}

/** Long enough for a vendor to cache it: four bytes a token. */
const SYSTEM = 'You are a careful agent that works on a large repository. '.repeat(100);
const TEXT = 'Say what you would change, and why.';

export function messages(model: string, stream: boolean, further: object = {}): LoadRequest {
  return {
    path: '/v1/messages',
    body: {
      model,
      max_tokens: 400,
      stream,
      system: [{ type: 'text', text: SYSTEM, cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: TEXT }],
      ...further,
    },
  };
}

export function chat(model: string, stream: boolean): LoadRequest {
  const body = { model, stream, messages: [{ role: 'user', content: TEXT }] };
  return {
    path: '/v1/chat/completions',
    body: stream ? { ...body, stream_options: { include_usage: true } } : body,
  };
}

export function responses(model: string, stream: boolean): LoadRequest {
  return { path: '/v1/responses', body: { model, stream, input: TEXT } };
}

/** The same request, with the vendor's answer steered by these headers of the sandbox. */
export function steered(request: LoadRequest, headers: Readonly<Record<string, string>>): LoadRequest {
  return { ...request, headers: { ...request.headers, ...headers } };
}

/** The vendor fails it once, so that the next target, or the next attempt, gets an answer. */
export function failedOnce(request: LoadRequest, status: number): LoadRequest {
  return steered(request, {
    'x-sandbox-status': String(status),
    'x-sandbox-times': '1',
    'x-sandbox-tag': randomUUID(),
    'x-sandbox-retry-after': '2',
  });
}

/** What healthy agents ask for: every surface, whole and streamed, passed through and translated. */
export const HEALTHY: readonly LoadRequest[] = [
  messages('claude-sandbox', true),
  messages('claude-sandbox', false),
  messages('claude-sandbox', true, { thinking: { type: 'enabled', budget_tokens: 1024 } }),
  chat('gpt-sandbox', true),
  chat('gpt-sandbox', false),
  chat('claude-sandbox', true),
  responses('codex-sandbox', true),
  responses('codex-sandbox', false),
];

/**
 * Sends it and reads the answer to its end, or until the client leaves.
 *
 * @returns the status; 0 where the client left or the connection broke
 */
export async function send(
  gatewayUrl: string,
  key: string,
  { path, body, headers, leaveAfterMs }: LoadRequest,
): Promise<number> {
  try {
    const response = await fetch(gatewayUrl + path, {
      method: 'POST',
      headers: {
        ...(key === '' ? {} : { 'x-api-key': key }),
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(leaveAfterMs ?? 60_000),
    });
    await response.text();
    return response.status;
  } catch {
    return 0;
  }
}
