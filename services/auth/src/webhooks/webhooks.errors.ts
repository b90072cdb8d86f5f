import { defineError } from '@muxgate/runtime';

export const WebhookNotFound = defineError('WebhookNotFound', 'webhook_not_found', 404);
