import type { ScannedBody } from './body-scan.js';

/** A body in pieces to be written one after the other; `length` is their sum in bytes. */
export interface SplicedBody {
  readonly chunks: readonly Buffer[];
  readonly length: number;
}

/** The same bytes with another model name, without copying them; the body itself when the name stays. */
export function spliceModel(body: Buffer, scanned: ScannedBody, newModel: string): SplicedBody {
  const { start, end, value } = scanned.model;
  if (newModel === value) return { chunks: [body], length: body.length };
  const literal = Buffer.from(JSON.stringify(newModel));
  return {
    chunks: [body.subarray(0, start), literal, body.subarray(end)],
    length: body.length - (end - start) + literal.length,
  };
}
