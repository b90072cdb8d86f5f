import { randomUUID } from 'node:crypto';
import { connectSandbox } from '../launcher/connect-sandbox.ts';
import type { Installation } from './installation.ts';
import { chat, failedOnce, messages, responses, steered, type LoadRequest } from './requests.ts';

/** A team of the load's own whose limit is used up at once. */
export const LIMITED_TEAM = 'load-limited';
/** As little as an answer costs, so that the second request is refused. */
const BUDGET = { usd: 0.0005, period: 'day', warnAtPercent: 10 };

/** What troubles are made with. */
export interface Means {
  readonly installation: Installation;
  /** Of the vendor. */
  readonly sandboxUrl: string;
  readonly admin: <T>(method: string, path: string, body?: unknown) => Promise<T>;
  /** One request at one of the gateways, by a key without limits unless told; none at all with ''. */
  readonly ask: (request: LoadRequest, key?: string) => Promise<number>;
  /** A client key that ends with the load. */
  readonly makeKey: (settings: object) => Promise<string>;
  /** The id of a new credential of the sandbox, which ends with the load. */
  readonly connect: (what: string) => Promise<string>;
}

/** The vendor fails, breaks off, refuses and cannot be reached; one request finds another target. */
export async function vendorFails({ admin, ask }: Means): Promise<void> {
  // a target that rests since the last time would not be asked
  for (const provider of ['load-failing', 'load-breaking', 'load-refusing', 'load-gone'])
    await admin('DELETE', `/api/providers/${provider}/cooldown`);
  const breaks = (headers: Readonly<Record<string, string>>) =>
    ask(steered(messages('load-breaking', true), headers));
  await Promise.all([
    ask(failedOnce(messages('load-failover', true), 529)),
    breaks({ 'x-sandbox-fail': 'truncate' }),
    breaks({ 'x-sandbox-fail': 'reset', 'x-sandbox-fail-after': '0' }),
    ask(steered(messages('load-refusing', true), { 'x-sandbox-status': '403' })),
    ask(failedOnce(messages('load-refusing', true), 429)),
    ask(messages('load-gone', true)),
  ]);
  await ask(
    steered(messages('load-failing', false), { 'x-sandbox-status': '500', 'x-sandbox-retry-after': '3' }),
  );
  // both of its targets rest by now
  await ask(messages('load-failing', false));
}

/** A credential that requests need was never connected: they fail, and no vendor has seen them. */
export async function credentialIsMissing({ ask }: Means): Promise<void> {
  await ask(messages('load-unconnected', false));
}

/** Clients leave, ask for what there is not, and use up their limits and budgets. */
export async function clientsErr({ ask, makeKey }: Means): Promise<void> {
  const leaves = (request: LoadRequest) =>
    ask({ ...steered(request, { 'x-sandbox-delay-ms': '2000' }), leaveAfterMs: 300 });
  const small = messages('claude-sandbox', false);
  const [limited, ofLimitedTeam, withBudget] = await Promise.all([
    makeKey({ limits: { requestsPerMinute: 1 } }),
    makeKey({ team: LIMITED_TEAM }),
    makeKey({ budget: BUDGET }),
  ]);
  await Promise.all([
    leaves(messages('claude-sandbox', true)),
    leaves(chat('gpt-sandbox', true)),
    leaves(responses('codex-sandbox', true)),
    ask(messages('no-such-model', true)),
    ask(small, ''),
  ]);
  for (const _ of ['granted', 'refused', 'refused'])
    await Promise.all([
      ask(small, limited),
      ask(small, ofLimitedTeam),
      ask(messages('load-limited', false)),
      ask(small, withBudget),
    ]);
}

/** Refreshes that are asked for go well, meet an endpoint that is down, and find their grant gone. */
export async function refreshesFail(means: Means): Promise<void> {
  const { admin, sandboxUrl, connect } = means;
  for (const [what, mode] of [
    ['ended', { mode: 'error', count: 1 }],
    ['down', { mode: 'down', count: 1 }],
    ['well', { mode: 'normal' }],
  ] as const) {
    const credential = await connect(what);
    await steerVendor(sandboxUrl, 'token-endpoint', mode);
    // refused where the refresh failed, which is what this is for
    await admin('POST', `/api/oauth/tokens/${credential}/refresh`).catch(() => undefined);
  }
  await keepSandboxConnected(means);
}

/** The token endpoint does not know whose refresh is to fail: it may be that of the credential all requests use. */
export async function keepSandboxConnected({ installation, admin }: Means): Promise<void> {
  const { status } = await admin<{ status: string }>('GET', '/api/oauth/tokens/sandbox');
  if (status === 'reauthorization_required') await connectSandbox(installation);
}

/** Every access token ends before its time: gateways meet 401, and have them refreshed. */
export async function tokensAreRevoked({ sandboxUrl }: Means): Promise<void> {
  await steerVendor(sandboxUrl, 'access-tokens/revoke');
}

/** A webhook is tried, and a configuration with mistakes is handed in. */
export async function operatorsTry({ admin }: Means): Promise<void> {
  await admin('POST', '/api/webhooks/load/test').catch(() => undefined);
  await admin('PUT', '/api/config', { text: 'version: 1\nproviders: none' }).catch(() => undefined);
}

export async function connectNew(installation: Installation, what: string): Promise<string> {
  const credential = `load-${what}-${randomUUID().slice(0, 8)}`;
  await connectSandbox(installation, { credential });
  return credential;
}

async function steerVendor(sandboxUrl: string, what: string, body: object = {}): Promise<void> {
  const response = await fetch(`${sandboxUrl}/sandbox/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the sandbox answered ${response.status} to ${what}`);
  await response.body?.cancel();
}
