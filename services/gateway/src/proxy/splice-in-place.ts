import type { ScannedBody } from './body-scan.js';
import { spliceModel } from './splice.js';

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
  const { start, end, value } = scanned.model;
  if (newModel === value) return bytes;
  const literal = Buffer.from(JSON.stringify(newModel));
  const growth = literal.length - (end - start);
  if (growth > room) {
    const { chunks, length } = spliceModel(bytes, scanned, newModel);
    return Buffer.concat(chunks, length);
  }
  const spliced = Buffer.from(bytes.buffer, bytes.byteOffset - growth, bytes.length + growth);
  spliced.set(bytes.subarray(0, start));
  spliced.set(literal, start);
  return spliced;
}
