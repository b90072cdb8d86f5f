import type { ScannedBody } from './body-scan.js';
import type { Range } from './json-walk.js';

/** A body in pieces to be written one after the other; `length` is their sum in bytes. */
export interface SplicedBody {
  readonly chunks: readonly Buffer[];
  readonly length: number;
}

/** Bytes to be left out, and what stands there instead. */
export interface Edit extends Range {
  readonly by?: Buffer;
}

/** The same bytes but for the edits, which do not overlap, without copying any; no edits: the body itself. */
export function splice(body: Buffer, edits: readonly Edit[]): SplicedBody {
  if (edits.length === 0) return { chunks: [body], length: body.length };
  const chunks: Buffer[] = [];
  let length = 0;
  let at = 0;
  const add = (chunk: Buffer): void => {
    if (chunk.length === 0) return;
    chunks.push(chunk);
    length += chunk.length;
  };
  for (const { start, end, by } of edits.length === 1 ? edits : edits.toSorted(byPlace)) {
    add(body.subarray(at, start));
    if (by !== undefined) add(by);
    at = end;
  }
  add(body.subarray(at));
  return { chunks, length };
}

/** Another model name in place of the one that was asked for; nothing where the name stays. */
export function modelEdit(
  scanned: ScannedBody,
  newModel: string,
): (Edit & { readonly by: Buffer }) | undefined {
  const { start, end, value } = scanned.model;
  return newModel === value ? undefined : { start, end, by: Buffer.from(JSON.stringify(newModel)) };
}

function byPlace(one: Edit, other: Edit): number {
  return one.start - other.start;
}
