/** Bodies of about `size` bytes in the shape that coding agents send: a few long texts among many short strings. */
export function agentBody(size: number): Buffer {
  const body = {
    model: 'claude-sandbox',
    max_tokens: 32_000,
    stream: true,
    metadata: { user_id: 'user_0f3c_account__session_7d1e' },
    system: [{ type: 'text', text: code(size * 0.1), cache_control: { type: 'ephemeral' } }],
    tools: filled(size * 0.2, (i) => ({
      name: `tool_${i}`,
      description: code(400),
      input_schema: {
        type: 'object',
        properties: { path: { type: 'string', description: 'where' } },
        required: ['path'],
      },
    })),
    messages: filled(size * 0.65, (i) =>
      i % 2 === 0
        ? {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: `toolu_${i}`, content: code(Math.min(4_000, size / 4)) },
            ],
          }
        : {
            role: 'assistant',
            content: [{ type: 'tool_use', id: `toolu_${i}`, name: 'read', input: { path: 'a.ts', line: i } }],
          },
    ),
  };
  return Buffer.from(JSON.stringify(body));
}

export function shortStringsBody(size: number): Buffer {
  const messages = filled(size, (i) => ({ role: 'user', content: `short ${i}`, tags: ['a', 'b\n', 'c"d'] }));
  return Buffer.from(JSON.stringify({ model: 'claude-sandbox', messages }));
}

export function numbersBody(size: number): Buffer {
  return Buffer.from(JSON.stringify({ model: 'claude-sandbox', input: filled(size, (i) => i * 1.37) }));
}

/** Source text with quotes, escapes and a character beyond ASCII on each line. */
function code(size: number): string {
  const line = 'export const greet = (name: string): string => `Hello, ${name} – welcome`; // says "hi"\n';
  return line.repeat(Math.ceil(size / line.length));
}

function filled<T>(size: number, make: (index: number) => T): T[] {
  const items: T[] = [];
  for (let length = 0; length < size; length += JSON.stringify(items.at(-1)).length + 1)
    items.push(make(items.length));
  return items;
}
