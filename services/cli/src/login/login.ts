import type { AdminApi } from '../api.js';
import { segment } from '../api.js';
import type { Invocation } from '../command.js';
import { Failure, usageFailure } from '../failure.js';
import { isInteractive } from '../io.js';
import { plain } from '../output/text.js';
import { askText, choose } from '../prompts.js';
import { readSecret } from '../secret-input.js';
import { expiry, untilInterrupted } from './waiting.js';
import type { Token } from '../commands/tokens.js';
import { untilConnected, type Authorization } from './authorization.js';
import { hasBrowser, openBrowser } from './browser.js';
import { renderDevicePrompt } from './device-code.js';
import { isLoopbackRedirect, openLoopback, type Caught, type Loopback } from './loopback.js';

export interface LoginOptions {
  readonly credential?: string;
  /** false: never opens one */
  readonly browser: boolean;
  readonly paste?: boolean;
}

interface OAuthProvider {
  readonly name: string;
  readonly grant: string;
  readonly redirectUri?: string;
  readonly termsNotice?: string;
}

/**
 * Connects a credential: begins at the auth service, sends the person to the provider, and brings the answer back
 * by whichever way the provider knows. Tokens never come here; only the one-time code passes through.
 */
export async function login(
  { io, out, api }: Invocation,
  options: LoginOptions,
  name: string | undefined,
): Promise<Token> {
  const provider = await findProvider(api, io, name);
  if (provider.termsNotice) out.say(`${out.aside('warn', 'terms')} ${plain(provider.termsNotice)}`);

  const redirectUri = provider.redirectUri ?? '';
  const loopback =
    options.paste !== true && provider.grant === 'authorization_code' && isLoopbackRedirect(redirectUri)
      ? await openLoopback(redirectUri)
      : undefined;
  try {
    const authorization = await api.send<Authorization>('POST', '/api/oauth/authorize', {
      provider: provider.name,
      ...(options.credential === undefined ? {} : { credential: options.credential }),
      ...(loopback === undefined || loopback.redirectUri === redirectUri
        ? {}
        : { redirectUri: loopback.redirectUri }),
    });
    const wayBack = { api, io, out, authorization };
    if (authorization.completion === 'device') return await byDevice(wayBack);
    await sendToProvider(wayBack, options);
    if (loopback) return await byLoopback(wayBack, loopback);
    if (authorization.completion === 'callback' && options.paste !== true) return await byCallback(wayBack);
    return await byPaste(wayBack);
  } finally {
    loopback?.close();
  }
}

interface WayBack extends Pick<Invocation, 'io' | 'out'> {
  readonly api: AdminApi;
  readonly authorization: Authorization;
}

async function findProvider(
  api: AdminApi,
  io: Invocation['io'],
  name: string | undefined,
): Promise<OAuthProvider> {
  const providers = await api.list<OAuthProvider>('/api/oauth/providers');
  const names = providers.map((provider) => provider.name);
  const known = names.length > 0 ? `Configured: ${plain(names.join(', '))}.` : 'None is configured.';
  if (name === undefined && (names.length === 0 || !isInteractive(io))) {
    throw usageFailure(`Which OAuth provider? ${known}`, 'muxgate login <provider>');
  }
  const chosen = name ?? (await choose(io, 'Which OAuth provider?', names));
  const provider = providers.find((each) => each.name === chosen);
  if (provider) return provider;
  throw usageFailure(`No OAuth provider is named "${chosen}". ${known}`, 'add it under oauthProviders');
}

async function sendToProvider({ io, out, authorization }: WayBack, { browser }: LoginOptions): Promise<void> {
  const opens = browser && hasBrowser(io);
  out.say(opens ? 'A browser opens to sign in at the provider. If none does, open:' : 'Open in a browser:');
  out.say(`\n${out.aside('link', authorization.url)}\n`);
  if (opens) await openBrowser(authorization.url);
}

/** The provider sends the browser to the auth service itself. */
async function byCallback({ api, io, out, authorization }: WayBack): Promise<Token> {
  out.say(out.aside('dim', 'Waiting for you to sign in …'));
  await untilConnected(api, authorization, io);
  return await tokenOf(api, authorization);
}

/** Someone agrees on whatever device; the worker asks the provider meanwhile. */
async function byDevice({ api, io, out, authorization }: WayBack): Promise<Token> {
  const { userCode = '', verificationUrl = authorization.url } = authorization;
  out.say(renderDevicePrompt({ userCode, verificationUrl }, io, (tone, text) => out.aside(tone, text)));
  out.say(
    out.aside('dim', `\nWaiting for you to agree; the code ends ${out.until(authorization.expiresAt)} …`),
  );
  await untilConnected(api, authorization, io);
  return await tokenOf(api, authorization);
}

/** The browser comes to this machine, or the person brings its last address where it ran on another. */
async function byLoopback(wayBack: WayBack, loopback: Loopback): Promise<Token> {
  const { io, out, api, authorization } = wayBack;
  const caught = loopback.catch(authorization.state);
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, io.signal]);
  const pasted = isInteractive(io)
    ? askPaste(wayBack, 'Waiting for the browser … or paste the address it ended at', signal)
    : untilInterrupted(signal);
  // the loser of the race is ended below, and its rejection is nobody's concern then
  pasted.catch(() => undefined);
  const answer = await Promise.race([caught, pasted, expiry(authorization, io.now(), signal)]).finally(() =>
    done.abort(),
  );
  if (typeof answer === 'string') return await exchange(api, authorization, answer);
  out.say(out.aside('dim', 'The browser came back.'));
  return await answerBrowser(api, authorization, answer);
}

async function answerBrowser(api: AdminApi, authorization: Authorization, caught: Caught): Promise<Token> {
  try {
    const token = await exchange(api, authorization, caught.redirectUrl);
    caught.respond('connected');
    return token;
  } catch (error) {
    caught.respond('failed');
    throw error;
  }
}

/** What of a paste makes no sense uses nothing up, so it is asked for again. */
const WORTH_ANOTHER_TRY = ['state_malformed', 'state_mismatch', 'redirect_invalid', 'validation_failed'];

async function byPaste(wayBack: WayBack): Promise<Token> {
  const { io, out, api, authorization } = wayBack;
  if (!isInteractive(io)) {
    out.say('Reading the code, code#state or the whole address from stdin.');
    return await exchange(api, authorization, await readSecret(io, '-', 'the answer of the provider'));
  }
  for (;;) {
    const pasted = await askPaste(wayBack, 'Paste the code, or the whole address the browser ended at');
    try {
      return await exchange(api, authorization, pasted);
    } catch (error) {
      if (!(error instanceof Failure) || !WORTH_ANOTHER_TRY.includes(error.code)) throw error;
      out.say(`${out.aside('warn', 'again')} ${[error.message, ...error.problems].join(' ')}`);
    }
  }
}

function askPaste({ io }: WayBack, message: string, signal?: AbortSignal): Promise<string> {
  return askText(io, message, {
    validate: (value) => (value?.trim() ? undefined : 'Paste something, or press Ctrl-C.'),
    ...(signal ? { signal } : {}),
  });
}

/** An address is handed on whole: it may hold `iss` or an error. */
async function exchange(api: AdminApi, { state }: Authorization, answer: string): Promise<Token> {
  const pasted = answer.trim();
  return await api.send<Token>(
    'POST',
    '/api/oauth/exchange',
    /^https?:\/\//.test(pasted) ? { state, redirectUrl: pasted } : { state, code: pasted },
  );
}

async function tokenOf(api: AdminApi, { credential }: Authorization): Promise<Token> {
  return await api.get<Token>(`/api/oauth/tokens/${segment(credential)}`);
}
