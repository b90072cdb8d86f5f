import { createHmac } from 'node:crypto';
import type { WebhookConfig } from '@muxgate/config';
import type { WebhookJob } from '@muxgate/events';

export interface SignedRequest {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * What is posted. `json` is signed as Standard Webhooks has it (https://www.standardwebhooks.com): HMAC-SHA256 over
 * `id.timestamp.body`, so that nothing of it can be changed or sent again later.
 *
 * @param now epoch milliseconds
 */
export function signWebhook(
  { format, secret }: Pick<WebhookConfig, 'format' | 'secret'>,
  event: WebhookJob['event'],
  now: number,
): SignedRequest {
  const body = JSON.stringify(format === 'slack' ? { text: slackText(event) } : event);
  const timestamp = String(Math.floor(now / 1_000));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'webhook-id': event.id,
    'webhook-timestamp': timestamp,
  };
  if (secret !== undefined) {
    const mac = createHmac('sha256', keyOf(secret)).update(`${event.id}.${timestamp}.${body}`);
    headers['webhook-signature'] = `v1,${mac.digest('base64')}`;
  }
  return { headers, body };
}

/** `whsec_` and base64 as the standard has it; any other text is its own bytes. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
}

/** Slack's own characters, escaped as it asks: https://docs.slack.dev/messaging/formatting-message-text */
function slackText({ type, subject, message }: WebhookJob['event']): string {
  const escaped = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `*Muxgate ${type}* \`${escaped(subject)}\`: ${escaped(message)}`;
}
