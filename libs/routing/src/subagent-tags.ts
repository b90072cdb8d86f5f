import { arrayItems, textAt, walkObject, type Range, type ScannedBody } from '@muxgate/json-scan';

/** The model that the first tag names, and every tag's place in the body. */
export interface SubagentTags {
  readonly model: string | undefined;
  readonly places: readonly Range[];
}

const NO_TAGS: SubagentTags = { model: undefined, places: [] };

/** Part of every tag, and it begins with a letter that is rare in prose and code: the search is as fast as `memchr`. */
const MARK = 'UBAGENT-MODEL';
const MESSAGES_OF_USER = 2;

/**
 * `<MUXGATE-SUBAGENT-MODEL>name</MUXGATE-SUBAGENT-MODEL>`, also with CCM and CCR, as it stands inside a JSON string:
 * brackets, slashes and any letter of the name may be escaped. After an even number of backslashes `u003c` is text.
 */
const OPEN = String.raw`(?:<|\\u003[cC](?<!(?<!\\)(?:\\\\)+u003[cC]))`;
const CLOSE = String.raw`(?:>|\\u003[eE])`;
const SLASH = String.raw`(?:/|\\/|\\u002[fF])`;
const NAME = String.raw`(?:[^<>"\\\u0000-\u001f]|\\/|\\u(?!003[cCeE])[0-9a-fA-F]{4}){1,512}`;
const TAG = new RegExp(
  `${OPEN}(MUXGATE|CCM|CCR)-SUBAGENT-MODEL${CLOSE}(${NAME})${OPEN}${SLASH}\\1-SUBAGENT-MODEL${CLOSE}`,
  'g',
);

/** Looks into every system text and the first two messages of the user. Costs one search where there is no tag. */
export function findSubagentTags(body: Buffer, fields: ScannedBody['fields']): SubagentTags {
  if (!body.includes(MARK, 0, 'latin1')) return NO_TAGS;
  const places: Range[] = [];
  let model: string | undefined;
  for (const text of tagTexts(body, fields)) {
    // one byte, one character: positions in the string are positions in the body
    const raw = body.toString('latin1', text.start, text.end);
    for (const found of raw.matchAll(TAG)) {
      const start = text.start + found.index;
      places.push({ start, end: start + found[0].length });
      model ??= decoded(found[2] as string);
    }
  }
  return places.length === 0 ? NO_TAGS : { model, places };
}

/** The values that may hold tags, in order: what is the system's first. */
function tagTexts(body: Buffer, { system, instructions, messages, input }: ScannedBody['fields']): Range[] {
  const ofSystem = [system, instructions]
    .filter((range) => range !== undefined)
    .flatMap((r) => texts(body, r));
  const ofUser: Range[] = [];
  let seen = 0;
  for (const conversation of [messages, input]) {
    if (conversation === undefined) continue;
    // Responses: a bare string is the first message
    if (body[conversation.start] === 0x22) ofUser.push(conversation);
    for (const message of arrayItems(body, conversation.start)) {
      const role = textAt(body, message, 'role');
      if (role === 'system' || role === 'developer') ofSystem.push(...contentTexts(body, message));
      else if (role === 'user' && seen++ < MESSAGES_OF_USER) ofUser.push(...contentTexts(body, message));
    }
  }
  return [...ofSystem, ...ofUser];
}

function contentTexts(body: Buffer, message: Range): Range[] {
  return valuesOf(body, message, 'content').flatMap((content) => texts(body, content));
}

/** A string, or the `text` of each block of an array. */
function texts(body: Buffer, value: Range): Range[] {
  if (body[value.start] === 0x22 /* " */) return [value];
  return Array.from(arrayItems(body, value.start)).flatMap((block) => valuesOf(body, block, 'text'));
}

function valuesOf(body: Buffer, object: Range, key: string): Range[] {
  const found: Range[] = [];
  walkObject(body, object.start, [key], (_key, start, end) => found.push({ start, end }));
  return found;
}

function decoded(raw: string): string | undefined {
  const name = (JSON.parse(`"${Buffer.from(raw, 'latin1').toString()}"`) as string).trim();
  return name === '' ? undefined : name;
}
