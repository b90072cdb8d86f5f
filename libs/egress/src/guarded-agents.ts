import { Agent as HttpAgent, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { assertPublicHost, guardedLookup, type GuardOptions } from './guard.js';

export interface GuardedAgents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/** Node's agents, for libraries that take those: every connection goes to a checked address. */
export function guardedAgents(allowPrivateNetwork: boolean, options: GuardOptions = {}): GuardedAgents {
  const lookup = guardedLookup(allowPrivateNetwork, options);
  const agents = { httpAgent: new HttpAgent({ lookup }), httpsAgent: new HttpsAgent({ lookup }) };
  if (allowPrivateNetwork) return agents;
  for (const agent of [agents.httpAgent, agents.httpsAgent]) {
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (target: ClientRequestArgs, callback) => {
      // Literal addresses are never looked up.
      assertPublicHost(target.host ?? 'localhost');
      return connect(target, callback);
    };
  }
  return agents;
}
