import type { LanguageModelV4FilePart, LanguageModelV4Message } from '@ai-sdk/provider';

/**
 * Chat takes only text as a tool's result: images and documents in it follow as a user message after all results of
 * the turn, named by the call they belong to.
 */
export function toolFilesAsUserMessage(prompt: readonly LanguageModelV4Message[]): LanguageModelV4Message[] {
  return prompt.flatMap((message): LanguageModelV4Message[] => {
    if (message.role !== 'tool') return [message];
    const files: (LanguageModelV4FilePart | { type: 'text'; text: string })[] = [];
    const content = message.content.map((part) => {
      if (part.type !== 'tool-result' || part.output.type !== 'content') return part;
      const texts: string[] = [];
      for (const inner of part.output.value) {
        if (inner.type === 'text') texts.push(inner.text);
        else if (inner.type === 'file')
          files.push({ type: 'text', text: `Returned by tool call ${part.toolCallId}:` }, inner);
      }
      const value = texts.join('\n') || 'The result follows as a file.';
      return { ...part, output: { type: 'text' as const, value } };
    });
    const results: LanguageModelV4Message = { ...message, content };
    return files.length === 0 ? [results] : [results, { role: 'user', content: files }];
  });
}
