import { startSimulator, token, type Reply, type Seen, type Simulator } from './simulator.js';

/** login.microsoftonline.com: client credentials per directory, errors with their AADSTS codes beside them. */
export async function startMicrosoft(): Promise<Simulator> {
  return startSimulator(({ path, body }: Seen): Reply => {
    const known = path === '/contoso.onmicrosoft.com/oauth2/v2.0/token';
    if (!known || body['client_secret'] !== 'entra-secret') {
      return {
        status: 401,
        body: {
          error: 'invalid_client',
          error_description: 'AADSTS7000215: Invalid client secret provided.',
          error_codes: [7_000_215],
          timestamp: '2026-11-25 19:00:00Z',
          trace_id: 'trace',
          correlation_id: 'correlation',
        },
      };
    }
    if (body['scope'] !== 'https://cognitiveservices.azure.com/.default') {
      return { status: 400, body: { error: 'invalid_scope', error_codes: [70_011] } };
    }
    const answer = { token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 };
    return { body: { ...answer, access_token: token('eyJ') } };
  });
}
