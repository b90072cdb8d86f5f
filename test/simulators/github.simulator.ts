import { Grants, startSimulator, token, type Reply, type Seen, type Simulator } from './simulator.js';

export interface GitHubSimulator extends Simulator {
  /** what the person does with the code */
  decision: 'pending' | 'slow_down' | 'agreed' | 'denied';
  /** a GitHub App: 8 h and a refresh token, both told in texts */
  expires: boolean;
}

/** github.com or an Enterprise host: errors under status 200, forms unless JSON is asked for. */
export async function startGitHub(): Promise<GitHubSimulator> {
  const grants = new Grants();
  const shaped = (request: Seen, fields: Record<string, string>): Reply =>
    request.headers.accept?.includes('application/json') === true
      ? { body: fields }
      : {
          body: new URLSearchParams(fields).toString(),
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        };
  const answer = (request: Seen, url: string): Reply => {
    const { path, body } = request;
    if (path === '/login/device/code') {
      return shaped(request, {
        device_code: 'device-1',
        user_code: 'WDJB-MJHT',
        verification_uri: `${url}/login/device`,
        expires_in: '899',
        interval: '5',
      });
    }
    if (path !== '/login/oauth/access_token')
      return { status: 404, body: '<html><title>Page not found</title></html>' };
    if (body['grant_type'] === 'refresh_token') {
      const ok = grants.spend(body['refresh_token'], body['client_id']);
      return shaped(request, ok ? tokens(body['client_id'] ?? '') : { error: 'bad_refresh_token' });
    }
    if (simulator.decision === 'pending') return shaped(request, { error: 'authorization_pending' });
    if (simulator.decision === 'denied') return shaped(request, { error: 'access_denied' });
    if (simulator.decision === 'slow_down') return shaped(request, { error: 'slow_down', interval: '10' });
    return shaped(request, tokens(body['client_id'] ?? ''));
  };
  const tokens = (clientId: string): Record<string, string> => ({
    access_token: token('ghu'),
    token_type: 'bearer',
    scope: '',
    ...(simulator.expires
      ? {
          expires_in: '28800',
          refresh_token: grants.issueRefresh(clientId),
          refresh_token_expires_in: '15897600',
        }
      : {}),
  });
  const simulator = Object.assign(await startSimulator(answer), {
    decision: 'agreed' as GitHubSimulator['decision'],
    expires: true,
  });
  return simulator;
}
