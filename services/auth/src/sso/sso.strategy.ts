import { randomBytes } from 'node:crypto';
import { callbackify } from 'node:util';
import { assertIssuer, exchangeCode, parseRedirect } from '@muxgate/oauth';
import OAuth2Strategy from 'passport-oauth2';
import type { Principal } from '../admin/admin-tokens.js';
import type { BrowserBinding } from '../connect/browser-binding.js';
import type { AuthRequest } from '../http/auth-request.js';
import type { IdentityProvider } from './identity-provider.js';
import { principalOf } from './role-of.js';
import type { SsoStateStore } from './sso-state.store.js';
import { SsoRefused } from './sso.errors.js';

export interface SsoParts {
  readonly provider: IdentityProvider;
  readonly callbackUrl: string;
  readonly states: SsoStateStore;
  readonly binding: BrowserBinding;
}

/** One sign-in, from the first redirect or from the return on. */
interface SsoFlow {
  nonce: string;
  /** hash of the cookie of the browser that began */
  browser: string;
  /** a path of the console */
  returnTo: string;
}

type Done = (error: unknown, value?: string | false) => void;

/**
 * passport-oauth2 with what it lacks: every answer, an error too, is checked against state, browser and issuer before
 * anything of it is believed; the code is exchanged over our guarded transport; the id_token is verified. One strategy
 * serves one request, so what it remembers is that request's.
 */
export class SsoStrategy extends OAuth2Strategy {
  constructor(
    private readonly parts: SsoParts,
    readonly flow: SsoFlow,
  ) {
    const { client, config } = parts.provider;
    super(
      {
        authorizationURL: client.authorizationUrl,
        tokenURL: client.tokenUrl,
        clientID: client.clientId,
        clientSecret: '', // the exchange below knows it
        callbackURL: parts.callbackUrl,
        scope: [...config.scopes],
        pkce: true,
        state: true,
        skipUserProfile: true,
        store: stateStore(parts.states, flow),
      },
      (
        accessToken: string,
        _refreshToken: string,
        { idToken }: { idToken?: string },
        _profile: unknown,
        done: OAuth2Strategy.VerifyCallback,
      ) => {
        callbackify(() => identify(parts.provider, flow, accessToken, idToken))(done);
      },
    );
    Object.assign(this._oauth2, { getOAuthAccessToken: exchangeOf(parts) });
  }

  /** Before passport-oauth2 sees an answer: it would take a forged error for a true one. */
  async checkAnswer(req: AuthRequest): Promise<void> {
    const { states, binding, provider, callbackUrl } = this.parts;
    const response = parseRedirect(new URL(req.url, callbackUrl).href);
    const { browser, returnTo } = await states.load(response.state);
    if (!binding.matches(req.headers, browser)) throw new SsoRefused('Another browser began this sign-in.');
    assertIssuer(provider.client, response.iss);
    this.flow.returnTo = returnTo;
    if (response.code !== undefined) return;
    await states.consume(response.state);
    throw new SsoRefused(`The provider did not sign you in: ${response.error ?? 'no reason given'}.`);
  }

  override authorizationParams(): object {
    return { nonce: this.flow.nonce };
  }
}

/** A flow that begins: `browser` is the hash of the cookie that its answer must come with. */
export function beginFlow(browser: string, returnTo: string): SsoFlow {
  return { nonce: randomBytes(16).toString('base64url'), browser, returnTo };
}

/** A flow that a browser comes back with; what it was is in the record of its state. */
export function returnedFlow(): SsoFlow {
  return { nonce: '', browser: '', returnTo: '' };
}

/** passport-oauth2 tells by the number of parameters, five and four, that a store keeps the PKCE verifier. */
function stateStore(states: SsoStateStore, flow: SsoFlow): OAuth2Strategy.StateStore {
  const store = {
    store: (_req: unknown, verifier: string, _state: unknown, _meta: unknown, done: Done) => {
      callbackify(() => states.begin({ verifier, ...flow }))(done);
    },
    verify: (_req: unknown, state: string, _meta: unknown, done: Done) => {
      const used = async (): Promise<string> => {
        const { verifier, nonce } = await states.load(state);
        await states.consume(state);
        flow.nonce = nonce;
        return verifier;
      };
      callbackify(used)(done);
    },
  };
  return store as unknown as OAuth2Strategy.StateStore;
}

/** The library's own request knows no deadline and no address guard, and repeats the provider's body in its errors. */
function exchangeOf({ provider, callbackUrl }: SsoParts) {
  return (
    code: string,
    params: { code_verifier: string },
    done: (error: unknown, accessToken?: string, refreshToken?: string, results?: object) => void,
  ): void => {
    const request = { code, verifier: params.code_verifier, redirectUri: callbackUrl };
    callbackify(() => exchangeCode(provider.client, request, provider.http))((error, tokens) => {
      if (error) done(error);
      else done(null, tokens.accessToken, undefined, { idToken: tokens.idToken });
    });
  };
}

async function identify(
  provider: IdentityProvider,
  { nonce }: SsoFlow,
  accessToken: string,
  idToken: string | undefined,
): Promise<Principal> {
  if (idToken === undefined) throw new SsoRefused('The provider issued no id_token.');
  const claims = await provider.identify({ idToken, accessToken }, nonce);
  return principalOf(claims, provider.config);
}
