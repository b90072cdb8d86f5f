import type { Surface } from './request.ts';

export interface Tokens {
  readonly input?: number;
  readonly output?: number;
}

export interface AnswerPart {
  readonly text?: string;
  readonly tokens?: Tokens;
  readonly error?: string;
}

type Json = Record<string, never> & { [key: string]: Json };

/** What a piece of an answer says, on each surface; undefined members where it says nothing of them. */
export function readPart(surface: Surface, piece: unknown): AnswerPart {
  const json = (piece ?? {}) as Json;
  const error = json['error']?.['message'] ?? json['response']?.['error']?.['message'];
  if (typeof error === 'string') return { error };
  switch (surface) {
    case 'anthropic-messages':
      return {
        ...textPart(json['delta']?.['text'] ?? joined(json['content'], 'text')),
        ...tokensPart(json['usage'] ?? json['message']?.['usage'], 'input_tokens', 'output_tokens'),
      };
    case 'openai-chat': {
      const choice = (json['choices'] as unknown as Json[] | undefined)?.[0];
      return {
        ...textPart(choice?.['delta']?.['content'] ?? choice?.['message']?.['content']),
        ...tokensPart(json['usage'], 'prompt_tokens', 'completion_tokens'),
      };
    }
    case 'openai-responses': {
      const delta = (json['type'] as unknown) === 'response.output_text.delta' ? json['delta'] : undefined;
      const output = (json['object'] as unknown) === 'response' ? (json['output'] as unknown as Json[]) : [];
      const whole = output.map((item) => joined(item['content'], 'text') ?? '').join('');
      return {
        ...textPart(delta ?? (whole === '' ? undefined : whole)),
        ...tokensPart(json['usage'] ?? json['response']?.['usage'], 'input_tokens', 'output_tokens'),
      };
    }
  }
}

function textPart(value: unknown): AnswerPart {
  return typeof value === 'string' ? { text: value } : {};
}

function tokensPart(usage: Json | undefined, input: string, output: string): AnswerPart {
  const numbers = [usage?.[input], usage?.[output]] as unknown[];
  if (!numbers.some((value) => typeof value === 'number')) return {};
  const [given, made] = numbers;
  return {
    tokens: {
      ...(typeof given === 'number' ? { input: given } : {}),
      ...(typeof made === 'number' ? { output: made } : {}),
    },
  };
}

function joined(content: unknown, field: string): string | undefined {
  if (!Array.isArray(content)) return undefined;
  return (content as Json[])
    .map((item) => item[field] as unknown)
    .filter((value) => typeof value === 'string')
    .join('');
}

/** The JSON of each `data:` line of a stream of server-sent events. */
export async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = stream
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const data = line.startsWith('data:') ? line.slice(5).trim() : '';
      if (data !== '' && data !== '[DONE]') yield JSON.parse(data);
    }
  }
}
