import { checkUrlSafety } from './check-url.js';
import type { ConfigDocument } from './document.js';
import { join, type Mistakes } from './mistakes.js';

/** The rules between the fields of a webhook. */
export function checkWebhooks(document: ConfigDocument, mistakes: Mistakes): void {
  for (const [index, { url, format, secret, allowPrivateNetwork }] of document.webhooks.entries()) {
    const path = `webhooks[${index}]`;
    checkUrlSafety(url, allowPrivateNetwork, join(path, 'url'), mistakes);
    if (format === 'json' && secret === undefined) {
      mistakes.add(join(path, 'secret'), 'is missing: deliveries in the format json are signed');
    }
  }
}
