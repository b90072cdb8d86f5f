import { isUtf8 } from 'node:buffer';
import { AppError } from '@muxgate/runtime';
import { bytesAre, decodeString, skipSpace, TOO_DEEP, valueAt, walkObject, type Range } from './json-walk.js';

export type UnreadableKind = keyof typeof REASONS;

/** What routing needs of a request body, as values or as places in it; the body itself is never parsed. */
export interface ScannedBody {
  /** The `model` literal with its quotes, and the decoded name. */
  readonly model: Range & { readonly value: string };
  readonly stream: boolean;
  /** A `tools` array that is not empty. */
  readonly hasTools: boolean;
  readonly maxTokens: number | undefined;
  readonly thinkingType: string | undefined;
  /** `reasoning_effort` of Chat Completions, `reasoning.effort` of Responses. */
  readonly reasoningEffort: string | undefined;
  readonly fields: Readonly<Partial<Record<FieldName, Range>>>;
}

const FIELDS = [
  'system',
  'messages',
  'input',
  'instructions',
  'tools',
  'metadata',
  'prompt_cache_key',
] as const;
type FieldName = (typeof FIELDS)[number];

const MAX_TOKENS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const;
const NAMES = [
  'model',
  'stream',
  'thinking',
  'reasoning',
  'reasoning_effort',
  ...MAX_TOKENS,
  ...FIELDS,
] as const;

const REASONS = {
  not_utf8: 'the request body is not UTF-8',
  byte_order_mark: 'the request body begins with a byte order mark, which JSON does not allow',
  not_an_object: 'the request body is not a JSON object',
  malformed: 'the request body is not valid JSON',
  too_deep: 'the request body is nested too deeply',
  no_model: 'model: field required',
  model_not_a_string: 'model: must be a string',
  model_twice: 'model: given more than once',
};

/** A body whose model cannot be told beyond doubt; the message is fit for the client. */
export class BodyUnreadable extends AppError {
  constructor(readonly kind: UnreadableKind) {
    super(REASONS[kind], 'body_unreadable', 400, true);
  }
}

/**
 * Reads the top level of a JSON request body (UTF-8). Agrees with JSON.parse on each document that JSON.parse
 * accepts, but refuses two top-level `model` keys, since parsers differ in which one counts. Documents that are
 * broken inside a nested value pass: the upstream names such faults. Throws BodyUnreadable and nothing else.
 */
export function scanBody(body: Buffer): ScannedBody {
  if (!isUtf8(body)) throw new BodyUnreadable('not_utf8');
  if (bytesAre(body, 0, '\u00ef\u00bb\u00bf')) throw new BodyUnreadable('byte_order_mark');
  const opening = skipSpace(body, 0);
  if (body[opening] !== 0x7b /* { */) throw new BodyUnreadable('not_an_object');

  const fields: Partial<Record<FieldName, Range>> = {};
  let models = 0;
  let modelStart = 0;
  let modelEnd = 0;
  let stream = false;
  let maxTokens: number | undefined;
  let thinkingType: string | undefined;
  let reasoningEffort: string | undefined;
  const closed = walkObject(body, opening, NAMES, (name, start, end) => {
    switch (name) {
      case 'model':
        models++;
        modelStart = start;
        modelEnd = end;
        break;
      case 'stream':
        stream = end - start === 4 && bytesAre(body, start, 'true');
        break;
      case 'thinking':
        thinkingType = textAt(body, { start, end }, 'type');
        break;
      case 'reasoning':
        reasoningEffort = textAt(body, { start, end }, 'effort');
        break;
      case 'reasoning_effort':
        reasoningEffort = textAt(body, { start, end });
        break;
      case 'max_tokens':
      case 'max_completion_tokens':
      case 'max_output_tokens':
        maxTokens = countIn(body, start, end) ?? maxTokens;
        break;
      default:
        fields[name] = { start, end };
    }
  });
  if (closed === TOO_DEEP) throw new BodyUnreadable('too_deep');
  if (closed < 0 || skipSpace(body, closed) !== body.length) throw new BodyUnreadable('malformed');
  if (models === 0) throw new BodyUnreadable('no_model');
  if (models > 1) throw new BodyUnreadable('model_twice');
  if (body[modelStart] !== 0x22 /* " */) throw new BodyUnreadable('model_not_a_string');
  const value = decodeString(body, modelStart, modelEnd);
  if (value === undefined) throw new BodyUnreadable('malformed');

  return {
    model: { start: modelStart, end: modelEnd, value },
    stream,
    hasTools: fields.tools !== undefined && isFilledArray(body, fields.tools.start),
    maxTokens,
    thinkingType,
    reasoningEffort,
    fields,
  };
}

/** The string at a path of keys inside a scanned value: `textAt(body, fields.metadata, 'user_id')`. */
export function textAt(
  body: Buffer,
  value: Range | undefined,
  ...path: readonly string[]
): string | undefined {
  const found = value && path.length > 0 ? valueAt(body, value.start, path) : value;
  return found && decodeString(body, found.start, found.end);
}

function countIn(body: Buffer, start: number, end: number): number | undefined {
  const first = body[start]!;
  if (first < 0x30 || first > 0x39) return undefined;
  const count = Number(body.toString('latin1', start, end));
  return Number.isSafeInteger(count) ? count : undefined;
}

function isFilledArray(body: Buffer, start: number): boolean {
  return body[start] === 0x5b /* [ */ && body[skipSpace(body, start + 1)] !== 0x5d; /* ] */
}
