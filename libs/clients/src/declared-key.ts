import type { ClientKeyConfig } from '@muxgate/config';
import type { ClientKey } from './client-key.js';

/** A key that the configuration declares, as any other; it is as old as the configuration, which tells no date. */
export function declaredKey({ hash: _hash, ...rest }: ClientKeyConfig): ClientKey {
  return { ...rest, id: `file_${rest.name}`, createdAt: 0 };
}
