import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import type { SurfaceName } from '../proxy/surface.js';
import { AnthropicWriter, anthropicAnswer } from './anthropic-answer.js';
import { readAnthropicRequest } from './anthropic-request.js';
import type { AnswerFacts, Block, BlockStart, Finish } from './answer.js';
import { ChatWriter, chatAnswer } from './chat-answer.js';
import { readChatRequest } from './chat-request.js';
import type { Dropped } from './dropped.js';
import type { Json } from './json.js';
import { ResponsesWriter, responsesAnswer } from './responses-answer.js';
import { readResponsesRequest } from './responses-request.js';

/** Writes one streamed answer as the surface's events; each call returns what to send, which may be nothing. */
export interface AnswerWriter {
  begin(): string;
  open(start: BlockStart): string;
  delta(text: string): string;
  close(block: Block): string;
  end(finish: Finish): string;
}

/** One surface's protocol, in both directions: the only place where it is known. */
export interface SurfaceAdapter {
  /** @throws RequestMalformed */
  read(body: Json, dropped: Dropped, version?: string): LanguageModelV4CallOptions;
  writer(facts: AnswerFacts): AnswerWriter;
  answer(blocks: readonly Block[], finish: Finish, facts: AnswerFacts): object;
}

const anthropic: SurfaceAdapter = {
  read: readAnthropicRequest,
  writer: (facts) => new AnthropicWriter(facts),
  answer: anthropicAnswer,
};

export const ADAPTERS: Readonly<Record<SurfaceName, SurfaceAdapter>> = {
  'anthropic-messages': anthropic,
  'openai-chat': {
    read: readChatRequest,
    writer: (facts) => new ChatWriter(facts),
    answer: chatAnswer,
  },
  'openai-responses': {
    read: readResponsesRequest,
    writer: (facts) => new ResponsesWriter(facts),
    answer: responsesAnswer,
  },
};
