import { countTokens } from './json.js';
import type { PromptTokens } from './prompt-cache.js';
import type { Usage } from './stats.js';
import type { Steering } from './steering.js';
import { valueFor } from './tool-input.js';

export interface Tool {
  readonly name: string;
  readonly schema: unknown;
}

/** One request, whatever API it came by. */
export interface Turn {
  readonly model: string;
  readonly stream: boolean;
  /** Text of the last user message. */
  readonly userText: string;
  /** Texts of the tool results in the last user turn; tools are not called again on top of them. */
  readonly toolResults: readonly string[];
  readonly tools: readonly Tool[];
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string };
  readonly parallelTools: boolean;
  readonly thinking: boolean;
  /** The JSON schema that a structured answer must follow. */
  readonly outputSchema?: unknown;
  readonly prompt: PromptTokens;
  readonly maxTokens?: number;
}

export interface ToolCall {
  readonly name: string;
  readonly input: unknown;
}

export interface Answer {
  readonly thinking?: string;
  /** The text in the pieces in which a stream sends it; joined, the whole text. */
  readonly deltas: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  readonly stop: 'end' | 'tools' | 'length';
  readonly usage: Usage;
}

/** A coding agent brings dozens of tools; calling an arbitrary one with made-up input would do things on its machine. */
const AGENT_TOOLS = 8;
const MAX_PARALLEL = 4;
const THOUGHT =
  'The request is simple. No real model is here to think about it, so a prepared answer will do.';
const WORDS = 'the quick brown fox jumps over the lazy dog and keeps running '.split(/(?<= )/);

export function decideAnswer(turn: Turn, steering: Steering): Answer {
  const toolCalls = chooseTools(turn).map(({ name, schema }) => ({
    name,
    input: valueFor(schema, turn.userText),
  }));
  const written = toolCalls.length > 0 ? [] : writeText(turn, steering);
  const { deltas, cut } = limit(written, steered(steering) ? undefined : turn.maxTokens);
  const reasoning = turn.thinking ? countTokens(THOUGHT) : 0;
  return {
    ...(turn.thinking ? { thinking: THOUGHT } : {}),
    deltas,
    toolCalls,
    stop: toolCalls.length > 0 ? 'tools' : cut ? 'length' : 'end',
    usage: {
      input: turn.prompt.total - turn.prompt.read - turn.prompt.written,
      cacheRead: turn.prompt.read,
      cacheCreation: turn.prompt.written,
      output: Math.max(1, countTokens(deltas.join('')) + countTokens(toolCalls)) + reasoning,
      reasoning,
    },
  };
}

function chooseTools({ tools, toolChoice, toolResults, userText, parallelTools }: Turn): readonly Tool[] {
  if (typeof toolChoice === 'object') return tools.filter((tool) => tool.name === toolChoice.name);
  if (toolChoice === 'none' || toolResults.length > 0 || tools.length === 0) return [];
  if (parallelTools && /parallel/i.test(userText)) return tools.slice(0, MAX_PARALLEL);
  const named = tools.find((tool) => userText.includes(tool.name));
  if (named !== undefined) return [named];
  return toolChoice === 'required' || tools.length <= AGENT_TOOLS ? tools.slice(0, 1) : [];
}

function steered({ text, bytes, events }: Steering): boolean {
  return text !== undefined || bytes !== undefined || events !== undefined;
}

function writeText(turn: Turn, { text, bytes, events }: Steering): string[] {
  if (text !== undefined) return events === undefined ? splitWords(text) : splitEvenly(text, events);
  if (bytes !== undefined)
    return splitEvenly(filler(bytes), events ?? Math.min(1_000, Math.ceil(bytes / 100)));
  if (events !== undefined) return Array.from({ length: events }, (_, at) => WORDS[at % WORDS.length] ?? '');
  if (turn.outputSchema !== undefined) {
    return splitEvenly(JSON.stringify(valueFor(turn.outputSchema, turn.userText)), 4);
  }
  if (turn.toolResults.length > 0) {
    return splitWords(`The tool answered: ${turn.toolResults.map(quote).join(' and ')}.`);
  }
  return splitWords(
    `You said: ${quote(turn.userText)}. This is the sandbox vendor, with no model behind it.`,
  );
}

function quote(text: string): string {
  return `"${text.length > 200 ? `${text.slice(0, 200)}…` : text}"`;
}

function filler(bytes: number): string {
  const phrase = WORDS.join('');
  return phrase.repeat(Math.ceil(bytes / phrase.length)).slice(0, bytes);
}

function splitWords(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text];
}

/** In `count` pieces, or one per character if there are fewer; never through a surrogate pair. */
function splitEvenly(text: string, count: number): string[] {
  const characters = /^[\x20-\x7e]*$/.test(text) ? text : Array.from(text);
  const pieces = Math.min(count, characters.length);
  return Array.from({ length: pieces }, (_, at) => {
    const piece = characters.slice(
      Math.floor((at * characters.length) / pieces),
      Math.floor(((at + 1) * characters.length) / pieces),
    );
    return typeof piece === 'string' ? piece : piece.join('');
  });
}

function limit(
  deltas: readonly string[],
  maxTokens: number | undefined,
): { deltas: readonly string[]; cut: boolean } {
  if (maxTokens === undefined) return { deltas, cut: false };
  let tokens = 0;
  const end = deltas.findIndex((delta) => (tokens += delta.length / 4) > maxTokens);
  return end === -1 ? { deltas, cut: false } : { deltas: deltas.slice(0, Math.max(1, end)), cut: true };
}
