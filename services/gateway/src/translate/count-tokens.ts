import type { LanguageModelV4FilePart, LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { Exchange } from '../proxy/exchange.js';
import { readAnthropicRequest } from './anthropic-request.js';
import { Dropped } from './dropped.js';
import { imageSize } from './image-size.js';
import type { Json } from './json.js';
import { readJsonBody } from './read-json-body.js';

/** https://docs.anthropic.com/en/docs/build-with-claude/vision: scaled to this edge, then a token per 750 pixels. */
const LONGEST_EDGE = 1_568;
const PIXELS_PER_TOKEN = 750;
/** An image whose size is not known, as one behind an address. */
const IMAGE_TOKENS = 1_600;
/** https://docs.anthropic.com/en/docs/build-with-claude/pdf-support: 1,500 to 3,000 a page, and its image. */
const PAGE_TOKENS = 2_500;
const PDF_PAGE = /\/Type\s*\/Page(?![a-zA-Z])/g;
const HEADER_CHARACTERS = 64 * 1024;
/** What every message and tool costs beside its text. */
const FRAME_TOKENS = 4;
/** Above this the rest is estimated by the same ratio: counting must not hold up other requests. */
const MAX_CHARACTERS = 2_000_000;
/** The tokenizer's time is quadratic in the length of one word. */
const LONG_WORD = /\S{64}(?=\S)/g;

/** Answers `count_tokens` where the target offers no such thing. @throws RequestMalformed */
export async function answerTokenCount({ downstream }: Exchange, body: Buffer): Promise<void> {
  const counted = await countTokens(readJsonBody(body));
  const answer = Buffer.from(JSON.stringify({ input_tokens: counted }));
  const headers = ['content-type', 'application/json', 'content-length', String(answer.length)];
  downstream.prepare({ status: 200, reason: undefined, headers, events: false });
  downstream.hold(answer);
  downstream.finish();
}

/** Input tokens of an Anthropic Messages body, by a real tokenizer: system, tools, messages, images, documents. */
export async function countTokens(body: Json): Promise<number> {
  const { prompt, tools = [], responseFormat } = readAnthropicRequest(body, new Dropped());
  const texts: string[] = [];
  let tokens = FRAME_TOKENS * (prompt.length + tools.length);
  for (const tool of tools) if (tool.type === 'function') texts.push(JSON.stringify(tool));
  if (responseFormat !== undefined) texts.push(JSON.stringify(responseFormat));
  for (const file of gather(prompt, texts)) tokens += fileTokens(file);
  // the vocabulary takes a third of a second and 40 MB to load: only where somebody counts
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base');
  const text = texts.join('\n');
  const counted = text.slice(0, MAX_CHARACTERS).replace(LONG_WORD, '$& ');
  const options = { disallowedSpecial: new Set<string>() };
  return tokens + Math.round(count(counted, options) * Math.max(1, text.length / MAX_CHARACTERS));
}

/** Puts all texts of a prompt into `texts`, and returns its files. */
function gather(prompt: LanguageModelV4Prompt, texts: string[]): LanguageModelV4FilePart[] {
  const files: LanguageModelV4FilePart[] = [];
  for (const { content } of prompt) {
    if (typeof content === 'string') {
      texts.push(content);
      continue;
    }
    for (const part of content) {
      if (part.type === 'text' || part.type === 'reasoning') texts.push(part.text);
      else if (part.type === 'file') files.push(part);
      else if (part.type === 'tool-call') texts.push(part.toolName, JSON.stringify(part.input));
      else if (part.type === 'tool-result') {
        const { output } = part;
        if (output.type === 'text' || output.type === 'error-text') texts.push(output.value);
        else if (output.type === 'content')
          for (const inner of output.value) {
            if (inner.type === 'text') texts.push(inner.text);
            else if (inner.type === 'file') files.push(inner);
          }
      }
    }
  }
  return files;
}

function fileTokens({ mediaType, data }: LanguageModelV4FilePart): number {
  const base64 = data.type === 'data' && typeof data.data === 'string' ? data.data : undefined;
  if (mediaType === 'application/pdf') {
    const pages =
      base64 === undefined ? 1 : Buffer.from(base64, 'base64').toString('latin1').match(PDF_PAGE)?.length;
    return PAGE_TOKENS * (pages ?? 1);
  }
  const size =
    base64 === undefined ? undefined : imageSize(Buffer.from(base64.slice(0, HEADER_CHARACTERS), 'base64'));
  if (size === undefined) return IMAGE_TOKENS;
  const scale = Math.min(1, LONGEST_EDGE / Math.max(size.width, size.height, 1));
  return Math.min(IMAGE_TOKENS, Math.ceil((size.width * scale * size.height * scale) / PIXELS_PER_TOKEN));
}
