import { skipSpace, skipValue, type Range } from './json-walk.js';

/** The elements of the JSON array at `at`, one by one, up to the first that is malformed; none if it is no array. */
export function* arrayItems(body: Buffer, at: number): Generator<Range, void> {
  if (body[at] !== 0x5b /* [ */) return;
  let start = skipSpace(body, at + 1);
  if (body[start] === 0x5d /* ] */) return;
  for (;;) {
    const end = skipValue(body, start);
    if (end < 0) return;
    yield { start, end };
    const next = skipSpace(body, end);
    if (body[next] !== 0x2c /* , */) return;
    start = skipSpace(body, next + 1);
  }
}
