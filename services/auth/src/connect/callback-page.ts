import { createHash } from 'node:crypto';
import type { Response } from 'express';

/** What a returning browser is told. All of it is fixed text: nothing of the request is ever shown. */
const PAGES = {
  connected: {
    status: 200,
    title: 'Connected',
    text: 'Connected, you can close this window. Muxgate keeps the connection fresh from now on.',
  },
  denied: {
    status: 400,
    title: 'Not connected',
    text: 'The provider did not grant access. Nothing was changed. To try again, start a new connection in Muxgate.',
  },
  refused: {
    status: 400,
    title: 'Not connected',
    text: 'This answer does not belong to a connection that this browser began. Open the link in the browser in which you started, or start a new connection in Muxgate.',
  },
  expired: {
    status: 410,
    title: 'Link used or expired',
    text: 'This connection was completed already, or more than ten minutes went by. If it is not in the list of tokens, start a new connection in Muxgate.',
  },
  failed: {
    status: 400,
    title: 'Not connected',
    text: 'The provider did not issue a token. The audit log of Muxgate says why. Start a new connection to try again.',
  },
  unavailable: {
    status: 503,
    title: 'Not connected yet',
    text: 'Muxgate cannot reach its store or the provider at the moment. Nothing was used up: reload this page in a minute.',
  },
} as const;

export type CallbackOutcome = keyof typeof PAGES;

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.5rem}h1{font-size:1.5rem}';

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function sendCallbackPage(response: Response, outcome: CallbackOutcome): void {
  const { status, title, text } = PAGES[outcome];
  response
    .status(status)
    .set({
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .type('html')
    .send(
      `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} - Muxgate</title><style>${STYLE}</style></head>
<body><h1>${title}</h1><p>${text}</p></body>
</html>
`,
    );
}
