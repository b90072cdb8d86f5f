import type { Response } from 'express';
import { markup, sendPage } from '../http/page.js';

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
    text: 'The provider did not grant access. Nothing was changed. To try again, open your invitation again, or start a new connection in Muxgate.',
  },
  refused: {
    status: 400,
    title: 'Not connected',
    text: 'This answer does not belong to a connection that this browser began. Open the link in the browser in which you started, or open your invitation again, or start a new connection in Muxgate.',
  },
  expired: {
    status: 410,
    title: 'Link used or expired',
    text: 'This connection was completed already, or more than ten minutes went by. If it is not in the list of tokens, open your invitation again, or start a new connection in Muxgate.',
  },
  failed: {
    status: 400,
    title: 'Not connected',
    text: 'The provider did not issue a token. The audit log of Muxgate says why. Open your invitation again, or start a new connection.',
  },
  unavailable: {
    status: 503,
    title: 'Not connected yet',
    text: 'Muxgate cannot reach its store or the provider at the moment. Nothing was used up: reload this page in a minute.',
  },
} as const;

export type CallbackOutcome = keyof typeof PAGES;

export function sendCallbackPage(response: Response, outcome: CallbackOutcome): void {
  const { status, title, text } = PAGES[outcome];
  sendPage(response, { status, title, body: markup`<p>${text}</p>` });
}
