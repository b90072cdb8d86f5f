import { defineError } from '@muxgate/runtime';
import { defineRequestError } from '../http/request-error.js';

export const ConfigRefused = defineRequestError('ConfigRefused', 'config_invalid', 422);
export const ConfigStale = defineRequestError('ConfigStale', 'config_stale', 412);
export const RevisionNotFound = defineError('RevisionNotFound', 'revision_not_found', 404);
