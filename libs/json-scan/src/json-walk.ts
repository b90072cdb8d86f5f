/** Bytes `start` to `end` (exclusive) of a JSON value in a larger buffer. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Results of a walk that could not reach the end of its value; every success is a position, 0 or more. */
export const MALFORMED = -1;
export const TOO_DEEP = -2;

/** Far above what any model API accepts; bounds what whoever looks inside a value later can meet. */
export const MAX_DEPTH = 1_000;

/** Strings up to this long are cheaper to cross byte by byte than by a native call. */
const SHORT_STRING = 16;

/** One UTF-16 unit takes at most six bytes when escaped. */
const LONGEST_ESCAPE = 6;

/**
 * Walks one JSON object (RFC 8259) without parsing it, and calls `visit` with the value range of each field
 * whose key is in `names`, however the key is escaped, as often as it occurs. Values that are containers are
 * skipped by counting brackets outside strings, so what is inside them is not checked. Linear time, no
 * recursion. Returns the position after the closing brace, MALFORMED or TOO_DEEP.
 */
export function walkObject<Name extends string>(
  body: Buffer,
  at: number,
  names: readonly Name[],
  visit: (name: Name, start: number, end: number) => void,
): number {
  if (body[at] !== 0x7b /* { */) return MALFORMED;
  const longestKey = longest(names) * LONGEST_ESCAPE;
  let i = skipSpace(body, at + 1);
  if (body[i] === 0x7d /* } */) return i + 1;
  for (;;) {
    if (body[i] !== 0x22 /* " */) return MALFORMED;
    const keyStart = i + 1;
    const keyEnd = endOfString(body, keyStart);
    if (keyEnd < 0) return MALFORMED;
    i = skipSpace(body, keyEnd + 1);
    if (body[i] !== 0x3a /* : */) return MALFORMED;
    const start = skipSpace(body, i + 1);
    const end = skipValue(body, start);
    if (end < 0) return end;

    if (keyEnd - keyStart <= longestKey) {
      const name = keyAmong(body, keyStart, keyEnd, names);
      if (name === MALFORMED) return MALFORMED;
      if (name !== undefined) visit(name, start, end);
    }

    i = skipSpace(body, end);
    if (body[i] === 0x7d /* } */) return i + 1;
    if (body[i] !== 0x2c /* , */) return MALFORMED;
    i = skipSpace(body, i + 1);
  }
}

/** The value at a path of object keys inside the value at `at`; of a key that occurs twice the last, as JSON.parse. */
export function valueAt(body: Buffer, at: number, path: readonly string[]): Range | undefined {
  let range: Range | undefined;
  let from = at;
  for (const name of path) {
    range = undefined;
    walkObject(body, from, [name], (_name, start, end) => (range = { start, end }));
    if (range === undefined) return undefined;
    from = (range as Range).start;
  }
  return range;
}

/** The string literal at `start` decoded; undefined when it is no string or a malformed one. */
export function decodeString(body: Buffer, start: number, end: number): string | undefined {
  if (body[start] !== 0x22) return undefined;
  try {
    return JSON.parse(body.toString('utf8', start, end)) as string;
  } catch {
    return undefined;
  }
}

export function skipSpace(body: Buffer, at: number): number {
  let i = at;
  for (;;) {
    const c = body[i];
    if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) i++;
    else return i;
  }
}

export function skipValue(body: Buffer, at: number): number {
  const c = body[at];
  if (c === 0x22 /* " */) {
    const quote = endOfString(body, at + 1);
    return quote < 0 ? MALFORMED : quote + 1;
  }
  if (c === 0x7b /* { */ || c === 0x5b /* [ */) return skipContainer(body, at);
  return skipScalar(body, at);
}

/** Numbers and literals, by their alphabet only: no comment, quote or bracket can hide in one. */
function skipScalar(body: Buffer, at: number): number {
  let i = at;
  for (;;) {
    const c = body[i];
    if (c === undefined) break;
    const scalar =
      (c >= 0x30 && c <= 0x39) ||
      (c >= 0x61 && c <= 0x7a) ||
      c === 0x2d ||
      c === 0x2b ||
      c === 0x2e ||
      c === 0x45;
    if (!scalar) break;
    i++;
  }
  return i === at ? MALFORMED : i;
}

function skipContainer(body: Buffer, at: number): number {
  const length = body.length;
  let depth = 1;
  let i = at + 1;
  while (i < length) {
    const c = body[i]!;
    if (c < 0x5b) {
      if (c === 0x22) {
        i = endOfString(body, i + 1);
        if (i < 0) return MALFORMED;
      }
    } else {
      // Bit 0x20 is all that tells [ from { and ] from }, and no other byte becomes either.
      const bracket = c | 0x20;
      if (bracket === 0x7b) {
        if (++depth > MAX_DEPTH) return TOO_DEEP;
      } else if (bracket === 0x7d && --depth === 0) return i + 1;
    }
    i++;
  }
  return MALFORMED;
}

/** Position of the quote that ends the string whose content begins at `at`; MALFORMED if there is none. */
function endOfString(body: Buffer, at: number): number {
  const length = body.length;
  let i = at;
  for (;;) {
    const near = Math.min(i + SHORT_STRING, length);
    while (i < near) {
      const c = body[i];
      if (c === 0x22) return i;
      i += c === 0x5c /* \ */ ? 2 : 1;
    }
    if (i >= length) return MALFORMED;
    const quote = body.indexOf(0x22, i);
    if (quote < 0) return MALFORMED;
    // Runs of backslashes never overlap, as each begins after the quote before: linear in all.
    let run = quote;
    while (run > i && body[run - 1] === 0x5c) run--;
    if (((quote - run) & 1) === 0) return quote;
    i = quote + 1;
  }
}

function keyAmong<Name extends string>(
  body: Buffer,
  start: number,
  end: number,
  names: readonly Name[],
): Name | typeof MALFORMED | undefined {
  for (let i = start; i < end; i++) {
    if (body[i] !== 0x5c) continue;
    const decoded = decodeString(body, start - 1, end + 1);
    return decoded === undefined ? MALFORMED : names.find((name) => name === decoded);
  }
  for (const name of names) if (name.length === end - start && bytesAre(body, start, name)) return name;
  return undefined;
}

/** Whether the bytes from `start` on are these ASCII characters. */
export function bytesAre(body: Buffer, start: number, ascii: string): boolean {
  for (let i = 0; i < ascii.length; i++) if (body[start + i] !== ascii.charCodeAt(i)) return false;
  return true;
}

function longest(names: readonly string[]): number {
  let length = 0;
  for (const name of names) if (name.length > length) length = name.length;
  return length;
}
