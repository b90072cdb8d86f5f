import { Grants, startSimulator, token, type Reply, type Seen, type Simulator } from './simulator.js';

export interface GoogleSimulator extends Simulator {
  consent(url: string): string;
  /** the account has agreed before, so Google leaves the refresh token out */
  omitsRefreshToken: boolean;
  /** what `loadCodeAssist` answers */
  codeAssist: Reply;
}

export const TOS_VIOLATION: Reply = {
  status: 403,
  body: {
    error: {
      code: 403,
      message: 'This service has been disabled in this account for violation of Terms of Service.',
      status: 'PERMISSION_DENIED',
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'TOS_VIOLATION',
          domain: 'cloudcode-pa.googleapis.com',
        },
      ],
    },
  },
};

/** accounts.google.com, oauth2.googleapis.com and cloudcode-pa: forms, a secret, refreshes that do not rotate. */
export async function startGoogle(): Promise<GoogleSimulator> {
  const grants = new Grants();
  let looks = 0;
  const answer = (request: Seen): Reply => {
    const { path, body } = request;
    if (path === '/v1internal:loadCodeAssist') return simulator.codeAssist;
    if (path === '/v1internal:onboardUser') {
      const free = (body as { tierId?: string }).tierId === 'free-tier';
      if (free && 'cloudaicompanionProject' in body) {
        return { status: 400, body: { error: { code: 400, status: 'FAILED_PRECONDITION' } } };
      }
      looks = 0;
      return { body: { name: 'operations/onboard-1' } };
    }
    if (path === '/v1internal/operations/onboard-1') {
      looks += 1;
      const response = { cloudaicompanionProject: { id: 'made-project', name: 'made-project' } };
      return { body: { name: 'operations/onboard-1', done: looks > 0, response } };
    }
    if (path === '/revoke') return { body: {} };
    if (path !== '/token' || body['client_secret'] !== 'GOCSPX-of-the-operator') {
      return { status: 401, body: { error: 'invalid_client', error_description: 'Unauthorized' } };
    }
    const first = body['grant_type'] === 'authorization_code';
    if (first ? !grants.redeem(body) : body['refresh_token'] !== LASTING) {
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Bad Request' } };
    }
    return {
      body: {
        access_token: token('ya29'),
        expires_in: 3599,
        ...(first && !simulator.omitsRefreshToken
          ? { refresh_token: LASTING, refresh_token_expires_in: 604_799 }
          : {}),
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        token_type: 'Bearer',
      },
    };
  };
  const simulator = Object.assign(await startSimulator(answer), {
    consent(url: string) {
      const asked = new URL(url).searchParams;
      const back = new URL(asked.get('redirect_uri') ?? '');
      back.searchParams.set('code', grants.code(url));
      back.searchParams.set('state', asked.get('state') ?? '');
      return back.href;
    },
    omitsRefreshToken: false,
    codeAssist: {
      body: { currentTier: { id: 'standard-tier' }, cloudaicompanionProject: 'acme-project' },
    } as Reply,
  });
  return simulator;
}

const LASTING = '1//lasting-refresh-token';
