import { extname } from 'node:path';
import type { LanguageModelV4FilePart, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { Piscina } from 'piscina';
import { Overloaded } from '../proxy/errors.js';
import type { Exchange } from '../proxy/exchange.js';
import { readAnthropicRequest } from './anthropic-request.js';
import type { CountTask, TextCount } from './count-texts.js';
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
const HEADER_CHARACTERS = 64 * 1024;
/** What every message and tool costs beside its text. */
const FRAME_TOKENS = 4;
/** Above this the rest is estimated by the same ratio: one request must not hold up the counting of others. */
const MAX_CHARACTERS = 2_000_000;
/** What may wait for the thread in memory. */
const MAX_WAITING_CHARACTERS = 64_000_000;
/** The thread that counts has the vocabulary in memory, some 100 MB: it ends when nobody has asked for so long. */
const IDLE_MS = 5 * 60_000;
const MAX_THREAD_MB = 512;

/** Answers `count_tokens` where the target offers no such thing. */
export class TokenCounter {
  private readonly pool = new Piscina<CountTask, TextCount>({
    filename: new URL(`./count-texts${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: MAX_THREAD_MB },
  });
  private waiting = 0;

  constructor(private readonly maxWaitingCharacters = MAX_WAITING_CHARACTERS) {}

  /** @throws RequestMalformed, Overloaded */
  async answer({ downstream }: Exchange, body: Buffer): Promise<void> {
    const counted = await this.count(readJsonBody(body));
    const answer = Buffer.from(JSON.stringify({ input_tokens: counted }));
    const headers = ['content-type', 'application/json', 'content-length', String(answer.length)];
    downstream.prepare({ status: 200, reason: undefined, headers, events: false });
    downstream.hold(answer);
    downstream.finish();
  }

  /** Input tokens of an Anthropic Messages body, by a real tokenizer: system, tools, messages, images, documents. */
  async count(body: Json): Promise<number> {
    const { tokens, text, documents } = countable(body);
    const task = { text: text.slice(0, MAX_CHARACTERS), documents };
    const characters = documents.reduce((sum, document) => sum + document.length, task.text.length);
    if (this.waiting > 0 && this.waiting + characters > this.maxWaitingCharacters)
      throw new Overloaded('too many requests wait for their tokens to be counted; try again in a moment');
    this.waiting += characters;
    try {
      const counted = await this.pool.run(task);
      const ratio = Math.max(1, text.length / MAX_CHARACTERS);
      return tokens + Math.round(counted.text * ratio) + PAGE_TOKENS * counted.pages;
    } finally {
      this.waiting -= characters;
    }
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

interface Countable extends CountTask {
  /** what is known without reading the text */
  readonly tokens: number;
}

function countable(body: Json): Countable {
  const { prompt, tools = [], responseFormat } = readAnthropicRequest(body, new Dropped());
  const texts: string[] = [];
  const documents: string[] = [];
  let tokens = FRAME_TOKENS * (prompt.length + tools.length);
  for (const tool of tools) if (tool.type === 'function') texts.push(JSON.stringify(tool));
  if (responseFormat !== undefined) texts.push(JSON.stringify(responseFormat));
  for (const file of gather(prompt, texts)) {
    const base64 = base64Of(file);
    if (file.mediaType !== 'application/pdf') tokens += imageTokens(base64);
    else if (base64 === undefined) tokens += PAGE_TOKENS;
    else documents.push(base64);
  }
  return { tokens, text: texts.join('\n'), documents };
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

function base64Of({ data }: LanguageModelV4FilePart): string | undefined {
  return data.type === 'data' && typeof data.data === 'string' ? data.data : undefined;
}

function imageTokens(base64: string | undefined): number {
  const size =
    base64 === undefined ? undefined : imageSize(Buffer.from(base64.slice(0, HEADER_CHARACTERS), 'base64'));
  if (size === undefined) return IMAGE_TOKENS;
  const scale = Math.min(1, LONGEST_EDGE / Math.max(size.width, size.height, 1));
  return Math.min(IMAGE_TOKENS, Math.ceil((size.width * scale * size.height * scale) / PIXELS_PER_TOKEN));
}
