import { modelEdit, splice, type ScannedBody } from '@muxgate/json-scan';

/** A request body as it was received, and how many bytes of its memory before it are free. */
export interface ReceivedBody {
  readonly bytes: Buffer;
  readonly room: number;
}

/**
 * The same bytes with another model name, in one piece: what stands before the model moves into the room, what
 * stands after it stays where it is, so a body of a megabyte is neither copied again nor written in parts. What
 * was received is no longer whole afterwards.
 */
export function spliceInPlace({ bytes, room }: ReceivedBody, scanned: ScannedBody, newModel: string): Buffer {
  const edit = modelEdit(scanned, newModel);
  if (edit === undefined) return bytes;
  const { start, end, by: literal } = edit;
  const growth = literal.length - (end - start);
  if (growth > room) {
    const { chunks, length } = splice(bytes, [edit]);
    return Buffer.concat(chunks, length);
  }
  const spliced = Buffer.from(bytes.buffer, bytes.byteOffset - growth, bytes.length + growth);
  spliced.set(bytes.subarray(0, start));
  spliced.set(literal, start);
  return spliced;
}
