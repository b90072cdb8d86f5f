import { modelEdit, splice, type Edit, type ScannedBody } from '@muxgate/json-scan';
import { spliceInPlace, type ReceivedBody } from './splice-in-place.js';

/** What came from the client, as targets get it: with their own model's name, and without what is cut out. */
export class RequestBody {
  private last: Buffer | undefined;

  constructor(
    private readonly received: ReceivedBody,
    private readonly scanned: ScannedBody,
    private readonly cuts: readonly Edit[],
  ) {}

  /** A copy: another target may have to get the same body. */
  for(model: string): Buffer {
    const edit = modelEdit(this.scanned, model);
    const { chunks, length } = splice(
      this.received.bytes,
      edit === undefined ? this.cuts : [...this.cuts, edit],
    );
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
  }

  /** In place: from here on nothing but this same body is asked for. */
  forLast(model: string): Buffer {
    this.last ??=
      this.cuts.length === 0 ? spliceInPlace(this.received, this.scanned, model) : this.for(model);
    return this.last;
  }
}
