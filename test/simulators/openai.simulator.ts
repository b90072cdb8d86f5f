import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Grants, startSimulator, token, type Reply, type Seen, type Simulator } from './simulator.js';

export interface OpenAiSimulator extends Simulator {
  /** where the browser is sent after consent; Sign in with ChatGPT registers the client on the way */
  consent(url: string): Promise<string>;
  /** the person enters the code of the device page */
  enter(userCode: string): void;
  /** what the next id_token says in place of the truth */
  lie: Record<string, unknown>;
}

const AUTH_CLAIM = 'https://api.openai.com/auth';
const nested = (status: number, code: string): Reply => ({
  status,
  body: { error: { message: 'refused', type: 'invalid_request_error', param: null, code } },
});

/** auth.openai.com: JWT access tokens, nested errors, the device flow of Codex, and Sign in with ChatGPT. */
export async function startOpenAi(): Promise<OpenAiSimulator> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  const grants = new Grants();
  const devices = new Map<string, { userCode: string; code?: string }>();
  const signed = new Map<string, string>();
  /** Signed at consent, for the exchange that follows. */
  const prepare = async (url: string, clientId: string, nonce: string | undefined) => {
    const claims = {
      email: 'dev@acme.example',
      [AUTH_CLAIM]: { chatgpt_account_id: 'acct_1' },
      ...(nonce === undefined ? {} : { nonce }),
      ...simulator.lie,
    };
    const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k' });
    const { iss = url, aud = clientId } = simulator.lie as { iss?: string; aud?: string };
    const idToken = jwt.setIssuer(iss).setAudience(aud).setSubject('user-1').setIssuedAt();
    signed.set(clientId, await idToken.setExpirationTime('1h').sign(privateKey));
  };
  const answer = (request: Seen, url: string): Reply => {
    const { path, body } = request;
    if (path === '/.well-known/openid-configuration') return { body: metadata(url) };
    if (path === '/jwks') return { body: { keys: [jwk] } };
    if (path === '/oauth/revoke') return { body: {} };
    if (path === '/api/accounts/deviceauth/usercode') {
      const device = { id: token('dev'), userCode: 'ABCD-1234' };
      devices.set(device.id, { userCode: device.userCode });
      return { body: { device_auth_id: device.id, usercode: device.userCode, interval: '5' } };
    }
    if (path === '/api/accounts/deviceauth/token') {
      const device = devices.get(body['device_auth_id'] ?? '');
      if (device?.code === undefined || device.userCode !== body['user_code']) return nested(403, 'pending');
      return {
        body: {
          authorization_code: device.code,
          code_verifier: DEVICE_VERIFIER,
          code_challenge: DEVICE_CHALLENGE,
        },
      };
    }
    if (path !== '/oauth/token') return nested(404, 'not_found');
    const clientId = body['client_id'] ?? '';
    const granted =
      body['grant_type'] === 'authorization_code'
        ? grants.redeem(body)
        : grants.spend(body['refresh_token'], clientId);
    if (!granted) return nested(401, 'refresh_token_reused');
    const sharing = clientId.startsWith('agent_');
    return {
      body: {
        access_token: sharing ? token('at') : `${token('at')}.${accessClaims()}.sig`,
        refresh_token: grants.issueRefresh(clientId),
        id_token: signed.get(clientId),
        token_type: 'Bearer',
        ...(sharing
          ? {
              expires_in: 3600,
              earliest_refresh_at: Math.floor(Date.now() / 1000) + 3000,
              scope: 'openid email offline_access chatgpt.tokens.use.direct',
            }
          : {}),
      },
    };
  };
  const simulator = Object.assign(await startSimulator(answer), {
    lie: {} as Record<string, unknown>,
    async consent(url: string) {
      const asked = new URL(url).searchParams;
      const clientId = asked.get('client_id') ?? '';
      const issued = clientId === 'dynamic_agent_client' ? 'agent_issued' : clientId;
      await prepare(simulator.url, issued, asked.get('nonce') ?? undefined);
      const back = new URL(asked.get('redirect_uri') ?? '');
      back.searchParams.set('code', grants.code(url, issued));
      back.searchParams.set('state', asked.get('state') ?? '');
      if (issued !== clientId) back.searchParams.set('client_id', issued);
      return back.href;
    },
    enter(userCode: string) {
      for (const device of devices.values()) {
        if (device.userCode !== userCode) continue;
        const asked = new URL(simulator.url);
        asked.searchParams.set('client_id', 'app_EMoamEEZ73f0CkXaXp7hrann');
        asked.searchParams.set('redirect_uri', `${simulator.url}/deviceauth/callback`);
        asked.searchParams.set('code_challenge', DEVICE_CHALLENGE);
        device.code = grants.code(asked.href);
      }
    },
  });
  return simulator;
}

/** RFC 7636, appendix B. */
const DEVICE_VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const DEVICE_CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

function accessClaims(): string {
  const claims = {
    exp: Math.floor(Date.now() / 1000) + 864_000,
    [AUTH_CLAIM]: { chatgpt_account_id: 'acct_1' },
  };
  return Buffer.from(JSON.stringify(claims)).toString('base64url');
}

function metadata(url: string): object {
  return {
    issuer: url,
    authorization_endpoint: `${url}/oauth/authorize`,
    token_endpoint: `${url}/oauth/token`,
    revocation_endpoint: `${url}/oauth/revoke`,
    jwks_uri: `${url}/jwks`,
    code_challenge_methods_supported: ['S256'],
    response_types_supported: ['code'],
  };
}
