import type { Invitation, InvitedAttempt } from '@muxgate/connect';
import type { OAuthProviderConfig } from '@muxgate/config';
import type { Response } from 'express';
import { markup, Html, sendPage } from '../http/page.js';

/** What the invited person sees; texts from providers and the configuration are escaped, those of requests never shown. */

const NOTICES = {
  gone: {
    status: 410,
    title: 'This invitation is over',
    text: 'It was used, has expired, or was withdrawn. Ask the person who sent it for a new one. If you did not use it yourself, tell them: somebody else may have opened it.',
  },
  otherBrowser: {
    status: 409,
    title: 'Opened elsewhere',
    text: 'This invitation was begun in another browser. Finish it there, or open it here again an hour after that. If it was not you, tell the person who sent it.',
  },
  noCookie: {
    status: 400,
    title: 'A cookie is needed',
    text: 'This browser did not keep the cookie that ties the invitation to it. Allow cookies for this site and open the link again.',
  },
  tooMany: {
    status: 429,
    title: 'Too many requests',
    text: 'Wait a minute, then open the link again.',
  },
  unavailable: {
    status: 503,
    title: 'Not possible at the moment',
    text: 'Muxgate cannot reach its store or the provider. Nothing was used up: open the link again in a minute.',
  },
  connected: {
    status: 200,
    title: 'Connected',
    text: 'You can close this window. Muxgate keeps the connection fresh from now on.',
  },
} as const;

export function sendNotice(response: Response, notice: keyof typeof NOTICES): void {
  const { status, title, text } = NOTICES[notice];
  if (status === 429 || status === 503) response.set('retry-after', '60');
  sendPage(response, { status, title, body: markup`<p role="status">${text}</p>` });
}

export function sendInvitation(
  response: Response,
  invitation: Invitation,
  provider: OAuthProviderConfig,
  path: string,
): void {
  const { invitedBy, credential, expiresAt } = invitation;
  sendPage(response, {
    status: 200,
    title: `Connect your ${provider.name} account`,
    // the form is answered by a redirect to the provider, and browsers hold that against the policy, too
    formAction: `'self' https:${insecureOriginOf(provider)}`,
    body: markup`<p>
        <strong>${invitedBy}</strong> invites you to connect an account of yours, so that your own requests
        through Muxgate are made with it.
      </p>
      <dl>
        <dt>Provider</dt>
        <dd>${provider.name}</dd>
        <dt>Kept as</dt>
        <dd>${credential}</dd>
        <dt>Open until</dt>
        <dd>${timeOf(expiresAt)}</dd>
      </dl>
      ${termsOf(provider)}
      <p>
        You sign in at the provider; Muxgate never sees your password. What it gets it keeps encrypted, and
        you can take it back at the provider at any time.
      </p>
      ${startForm(path, 'Continue')}`,
  });
}

/** The provider shows a code, or sends the browser to an address that does not load. */
export function sendPasteForm(
  response: Response,
  attempt: InvitedAttempt,
  path: string,
  mistake?: string,
): void {
  sendPage(response, {
    status: mistake === undefined ? 200 : 400,
    title: 'Sign in, then bring the code',
    formAction: "'self'",
    body: markup`${mistake === undefined ? [] : [markup`<p class="notice" role="alert">${mistake}</p>`]}
      <ol>
        <li>
          <p>Sign in at the provider, in a new tab.</p>
          <p>${link(attempt.url, 'Open the provider')}</p>
        </li>
        <li>
          <p>
            In the end it shows a code, or an address that does not load. Copy the code, or the whole address,
            and paste it here.
          </p>
          <form method="post" action="${path}/code">
            <label for="answer">Code or address</label
            ><textarea id="answer" name="answer" required autocomplete="off" spellcheck="false"></textarea
            ><button>Connect</button>
          </form>
        </li>
      </ol>
      ${startForm(path, 'Start again', 'quiet')}`,
  });
}

/** The worker asks the provider meanwhile; the page looks again by itself. */
export function sendDeviceCode(response: Response, attempt: InvitedAttempt, path: string): void {
  sendPage(response, {
    status: 200,
    title: 'Enter this code at the provider',
    formAction: "'self'",
    reloadAfter: 5,
    body: markup`<p class="code">${attempt.userCode ?? ''}</p>
      <p>${link(attempt.url, 'Open the provider')}</p>
      <p>
        Enter it only on the page of the provider, and only if you opened this invitation yourself. This page
        notices when you have agreed.
      </p>
      <p role="status">Waiting, until ${timeOf(attempt.expiresAt)} at the latest.</p>
      ${startForm(path, 'Start again', 'quiet')}`,
  });
}

/** An attempt came to nothing; the invitation is still open. */
export function sendFailed(response: Response, path: string, status: number): void {
  sendPage(response, {
    status,
    title: 'Not connected',
    formAction: "'self' https:",
    body: markup`<p role="status">
        The provider did not grant access, or the time was over. Nothing was changed.
      </p>
      <p><a class="button" href="${path}">Try again</a></p>`,
  });
}

function startForm(path: string, label: string, kind = ''): Html {
  return markup`<form method="post" action="${path}"><button class="${kind}">${label}</button></form>`;
}

/** The address comes from the provider. */
function link(url: string, label: string): Html {
  if (!/^https?:\/\//i.test(url)) return markup`<strong>${url}</strong>`;
  return markup`<a class="button" href="${url}" target="_blank" rel="noopener noreferrer">${label}</a>
    <small>${new URL(url).host}</small>`;
}

function termsOf(provider: OAuthProviderConfig & { readonly termsNotice?: string }): readonly Html[] {
  return provider.termsNotice === undefined ? [] : [markup`<p class="notice">${provider.termsNotice}</p>`];
}

function insecureOriginOf({ issuer, authorizationUrl }: OAuthProviderConfig): string {
  return [issuer, authorizationUrl]
    .flatMap((url) => (url?.startsWith('http://') ? [` ${new URL(url).origin}`] : []))
    .join('');
}

function timeOf(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
