import { setTimeout as delay } from 'node:timers/promises';
import { adminCall } from '../launcher/admin-call.ts';
import { sandboxOf, type Installation } from './installation.ts';
import { withLoad } from './load-config.ts';
import { HEALTHY, send, steered, type LoadRequest } from './requests.ts';
import {
  clientsErr,
  connectNew,
  credentialIsMissing,
  keepSandboxConnected,
  LIMITED_TEAM,
  operatorsTry,
  refreshesFail,
  tokensAreRevoked,
  vendorFails,
  type Means,
} from './troubles.ts';
import { receiveWebhooks } from './webhook-receiver.ts';

const TEAM = 'load';
const AGENTS = 6;
/** Between the events of a stream: some 2 s for an answer, so that streams are open whenever somebody looks. */
const EVENT_MS = '80';
/** An agent whose request failed waits, as real ones do. */
const AFTER_FAILURE_MS = 500;
/** A revision reaches every replica within 2 s (contract, section 4). */
const REVISION_MS = 2_500;

const TROUBLES = {
  vendorFails,
  credentialIsMissing,
  clientsErr,
  refreshesFail,
  operatorsTry,
  tokensAreRevoked,
} as const;
export type Trouble = keyof typeof TROUBLES;
/** What can be repeated at once: revoked tokens need their time to be refreshed. */
export const REPEATABLE = (Object.keys(TROUBLES) as Trouble[]).filter((name) => name !== 'tokensAreRevoked');

export interface Load {
  /** Makes these troubles, side by side; healthy traffic goes on. */
  make(...troubles: readonly Trouble[]): Promise<void>;
  /** Ends the healthy traffic and takes back what was made: configuration, keys, teams, credentials. */
  end(): Promise<void>;
}

/**
 * Puts agents on an installation whose vendor is the sandbox, and what they need into its configuration. All of it is
 * asked by REST, as a client or an admin does.
 */
export async function beginLoad(installation: Installation): Promise<Load> {
  const admin: Means['admin'] = (method, path, body) => adminCall(installation, method, path, { body });
  const sandboxUrl = await sandboxOf(installation);
  const receiver = await receiveWebhooks();
  const before = await admin<{ revision: number; text: string }>('GET', '/api/config');
  await admin('PUT', '/api/config', {
    text: withLoad(before.text, sandboxUrl, receiver.url),
    comment: 'the load begins',
  });
  await admin('PUT', `/api/teams/${TEAM}`, {});
  await admin('PUT', `/api/teams/${LIMITED_TEAM}`, { limits: { requestsPerMinute: 1 } });
  const keys: string[] = [];
  const credentials: string[] = [];
  const makeKey = async (settings: object): Promise<string> => {
    const made = await admin<{ id: string; key: string }>('POST', '/api/keys', {
      name: 'load',
      team: TEAM,
      ...settings,
    });
    keys.push(made.id);
    return made.key;
  };
  const ownKey = await makeKey({});
  await delay(REVISION_MS);

  const { gatewayUrls } = installation;
  let turn = 0;
  const means: Means = {
    installation,
    sandboxUrl,
    admin,
    makeKey,
    ask: (request, key = ownKey) => {
      turn += 1;
      return send(gatewayUrls[turn % gatewayUrls.length] as string, key, request);
    },
    connect: async (what) => {
      const credential = await connectNew(installation, what);
      credentials.push(credential);
      return credential;
    },
  };
  let ended = false;
  const agents = Array.from({ length: AGENTS }, async (_, agent) => {
    for (let index = agent; !ended; index += 1) {
      const request = HEALTHY[index % HEALTHY.length] as LoadRequest;
      const status = await means.ask(steered(request, { 'x-sandbox-interval-ms': EVENT_MS }));
      if (status !== 200) await delay(AFTER_FAILURE_MS);
    }
  });
  return {
    make: async (...troubles) => {
      await Promise.all(troubles.map((name) => TROUBLES[name](means)));
    },
    end: async () => {
      ended = true;
      await Promise.all(agents);
      await admin('POST', `/api/config/revisions/${before.revision}/restore`, { comment: 'the load ends' });
      for (const id of keys) await admin('DELETE', `/api/keys/${id}`);
      for (const name of [TEAM, LIMITED_TEAM]) await admin('DELETE', `/api/teams/${name}`);
      for (const credential of credentials) await admin('DELETE', `/api/oauth/tokens/${credential}`);
      await keepSandboxConnected(means);
      receiver.close();
    },
  };
}
