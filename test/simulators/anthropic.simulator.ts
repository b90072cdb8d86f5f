import { Grants, startSimulator, token, type Reply, type Seen, type Simulator } from './simulator.js';

export interface AnthropicSimulator extends Simulator {
  /** what the page shows to be pasted: `code#state` */
  consent(url: string): string;
  /** scopes that a workspace's policy lets through, without a word about the others */
  scopes: string;
  /** what the Console answers to the request for a key */
  key: object;
}

const refused = (status: number, type: string): Reply => ({
  status,
  body: { type: 'error', error: { type, message: 'refused' }, request_id: 'req_1' },
});

/** platform.claude.com and api.anthropic.com: JSON token requests, `state` in the exchange, rotation without grace. */
export async function startAnthropic(): Promise<AnthropicSimulator> {
  const grants = new Grants();
  const answer = (request: Seen): Reply => {
    const { body } = request;
    if (request.path === '/api/oauth/claude_cli/create_api_key') {
      const bearer = request.headers.authorization?.startsWith('Bearer at-') === true;
      return bearer ? { body: simulator.key } : refused(401, 'authentication_error');
    }
    if (request.path !== '/v1/oauth/token' || !request.contentType.startsWith('application/json')) {
      return refused(400, 'invalid_request_error');
    }
    const granted =
      body['grant_type'] === 'authorization_code'
        ? body['state'] !== undefined && grants.redeem(body)
        : grants.spend(body['refresh_token'], body['client_id']);
    if (!granted) {
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Refresh token not found' } };
    }
    return {
      body: {
        token_type: 'Bearer',
        access_token: token('at'),
        expires_in: 28_800,
        refresh_token: grants.issueRefresh(body['client_id'] ?? ''),
        scope: simulator.scopes,
        organization: { uuid: 'org-uuid', name: 'Acme' },
        account: { uuid: 'account-uuid', email_address: 'dev@acme.example' },
      },
    };
  };
  const simulator = Object.assign(await startSimulator(answer), {
    consent: (url: string) => `${grants.code(url)}#${new URL(url).searchParams.get('state')}`,
    scopes: 'org:create_api_key user:profile user:inference',
    key: { raw_key: 'sk-ant-api03-simulated-key' },
  });
  return simulator;
}
