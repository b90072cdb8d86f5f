import { defineError } from '@muxgate/runtime';

/** What was sealed to a key that this cluster no longer has, or never had. */
export const ImportKeyUnknown = defineError('ImportKeyUnknown', 'import_key_unknown', 409);

export const NoRewrap = defineError('NoRewrap', 'rewrap_not_found', 404);
