/**
 * A request body that undici reads once and that is then forgotten. Undici keeps what it was given until the
 * answer has ended; a thousand slow streams would keep a thousand bodies of a megabyte.
 */
export class BodyOnce implements Iterable<Buffer> {
  private body: Buffer | undefined;

  constructor(body: Buffer) {
    this.body = body;
  }

  *[Symbol.iterator](): Iterator<Buffer> {
    const { body } = this;
    this.body = undefined;
    if (body !== undefined) yield body;
  }
}
