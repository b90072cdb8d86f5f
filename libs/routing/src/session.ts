import type { IncomingHttpHeaders } from 'node:http';
import { textAt, type ScannedBody } from '@muxgate/json-scan';

const SESSION_ID = 'x-claude-code-session-id';

/** What keeps the requests of one conversation together, where the client says anything of the kind. */
export function sessionOf(
  body: Buffer,
  { fields }: ScannedBody,
  headers: IncomingHttpHeaders,
): string | undefined {
  const id = headers[SESSION_ID];
  if (typeof id === 'string' && id !== '') return id;
  return (
    textAt(body, fields.metadata, 'user_id') ??
    (fields.prompt_cache_key && textAt(body, fields.prompt_cache_key))
  );
}
