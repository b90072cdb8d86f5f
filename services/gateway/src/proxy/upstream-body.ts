import { modelEdit, splice, type Edit, type ScannedBody, type SplicedBody } from '@muxgate/json-scan';

/** What came from the client, and what is left out of it upstream. */
export interface RequestBody {
  readonly bytes: Buffer;
  readonly scanned: ScannedBody;
  readonly cuts: readonly Edit[];
}

/** The client's bytes with the target's model name in place of the one that was asked for. */
export function upstreamBody({ bytes, scanned, cuts }: RequestBody, model: string): SplicedBody {
  const edit = modelEdit(scanned, model);
  return splice(bytes, edit === undefined ? cuts : [...cuts, edit]);
}
