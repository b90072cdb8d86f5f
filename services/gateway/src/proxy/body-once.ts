/**
 * A request body that undici reads once and that is then forgotten. Undici keeps what it was given until the
 * answer has ended; a thousand slow streams would keep a thousand bodies of a megabyte.
 */
export class BodyOnce implements Iterable<Buffer> {
  private chunks: readonly Buffer[];

  constructor(chunks: readonly Buffer[]) {
    this.chunks = chunks;
  }

  *[Symbol.iterator](): Iterator<Buffer> {
    const chunks = this.chunks;
    this.chunks = [];
    for (const chunk of chunks) yield chunk;
  }
}
