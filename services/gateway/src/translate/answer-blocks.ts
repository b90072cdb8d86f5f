import type { LanguageModelV4Content } from '@ai-sdk/provider';
import { UpstreamBroken } from '../proxy/errors.js';
import type { Block, Finish } from './answer.js';
import { anthropicText } from './block-order.js';
import { parseObject } from './json.js';

/**
 * The blocks of a whole answer, in order.
 *
 * @throws UpstreamBroken for tool arguments that are broken, though the answer did not hit its limit
 */
export function answerBlocks(content: readonly LanguageModelV4Content[], { reason }: Finish): Block[] {
  return content.flatMap((part): Block[] => {
    switch (part.type) {
      case 'text':
        return part.text === '' ? [] : [{ start: { kind: 'text' }, text: part.text, signature: undefined }];
      case 'reasoning': {
        const data = anthropicText(part.providerMetadata, 'redactedData');
        if (data !== undefined)
          return [{ start: { kind: 'redacted', data }, text: '', signature: undefined }];
        const signature = anthropicText(part.providerMetadata, 'signature');
        return [{ start: { kind: 'thinking' }, text: part.text, signature }];
      }
      case 'tool-call': {
        if (part.providerExecuted === true) return [];
        const text = part.input.trim() === '' ? '{}' : part.input;
        if (reason !== 'length' && parseObject(text) === undefined)
          throw new UpstreamBroken('the provider sent broken tool arguments');
        return [
          { start: { kind: 'tool', id: part.toolCallId, name: part.toolName }, text, signature: undefined },
        ];
      }
      default:
        return [];
    }
  });
}
