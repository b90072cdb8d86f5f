import { keyHeader, keyHeaderOf, type ConfigSnapshot, type ProviderConfig } from '@muxgate/config';
import { createUndiciConnector, EgressRefused } from '@muxgate/egress';
import { messageOf, USER_AGENT } from '@muxgate/runtime';
import type { AccessVault, StoredKeys } from '@muxgate/vault';
import { Agent, request } from 'undici';
import { ProviderUntestable } from './providers.errors.js';
import { testRequest, type TestRequest } from './test-request.js';

export interface TestOutcome {
  readonly ok: boolean;
  /** one sentence for people */
  readonly says: string;
  readonly model: string;
  readonly latencyMs: number;
  readonly status?: number;
  /** what the provider said went wrong */
  readonly error?: string;
}

type Header = readonly [name: string, value: string];

const PATIENCE_MS = 30_000;
const MAX_ANSWER = 64 * 1024;
const LONGEST_ERROR = 300;

/** Sends one small real request with the provider's own credential, and says what came back. */
export class TestProvider {
  constructor(
    private readonly vault: Pick<AccessVault, 'readAccess'>,
    private readonly keys: Pick<StoredKeys, 'read'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws ProviderUntestable where there is nothing to ask for, or nothing to ask with */
  async run(snapshot: ConfigSnapshot, provider: ProviderConfig, asked?: string): Promise<TestOutcome> {
    const model = asked ?? firstModelAt(snapshot, provider.name);
    if (model === undefined)
      throw new ProviderUntestable('No model has a target here; name one: {"model": …}.');
    const test = testRequest(provider.protocol, model);
    if (test === undefined)
      throw new ProviderUntestable(
        `A ${provider.protocol} provider is tried through the gateway: pin it there.`,
      );
    const credential = await this.credentialOf(provider);
    const startedAt = this.now();
    const answer = await send(provider, test, credential);
    const latencyMs = this.now() - startedAt;
    const secret = credential?.[1].replace(/^Bearer /, '');
    const error = answer.error === undefined ? undefined : withoutSecret(answer.error, secret);
    return {
      ok: answer.status !== undefined && answer.status < 300,
      says: sentence(answer.status, answer.served ?? model, latencyMs, error),
      model,
      latencyMs,
      ...(answer.status === undefined ? {} : { status: answer.status }),
      ...(error === undefined ? {} : { error }),
    };
  }

  private async credentialOf(provider: ProviderConfig): Promise<Header | undefined> {
    const { auth } = provider;
    switch (auth.type) {
      case 'none':
        return undefined;
      case 'apiKey':
        return keyHeader(keyHeaderOf(provider), auth.value);
      case 'storedKey': {
        const key = await this.keys.read(onlyOne(auth.credential));
        if (key === undefined) throw new ProviderUntestable(`No key is stored as ${auth.credential}.`);
        return keyHeader(keyHeaderOf(provider), key.value);
      }
      case 'oauth': {
        const grant = await this.vault.readAccess(onlyOne(auth.credential));
        if (grant === undefined) throw new ProviderUntestable(`${auth.credential} is not connected.`);
        return ['authorization', `Bearer ${grant.accessToken}`];
      }
      case 'passthrough':
        throw new ProviderUntestable('It takes the credential of each client, and there is none here.');
    }
  }
}

function onlyOne(credential: string): string {
  if (!credential.includes('{')) return credential;
  throw new ProviderUntestable('Its credential differs by client or team; try it as one of them.');
}

function firstModelAt({ models }: ConfigSnapshot, provider: string): string | undefined {
  for (const { targets } of models.values())
    for (const target of targets) if (target.provider === provider) return target.model;
  return undefined;
}

interface Answer {
  readonly status?: number;
  /** the model that answered, where it says so */
  readonly served?: string;
  readonly error?: string;
}

/** Follows no redirect: the credential is for this host only. */
async function send(
  provider: ProviderConfig,
  { path, body, headers: demanded }: TestRequest,
  credential?: Header,
): Promise<Answer> {
  const { allowPrivateNetwork, timeouts, baseUrl, headers } = provider;
  const agent = new Agent({ connect: createUndiciConnector(allowPrivateNetwork, timeouts.connectMs) });
  try {
    const answer = await request(baseUrl + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': USER_AGENT,
        ...demanded,
        ...headers,
        ...(credential === undefined ? {} : { [credential[0]]: credential[1] }),
      },
      body: JSON.stringify(body),
      dispatcher: agent,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { served, error } = readAnswer(await textOf(answer.body));
    const failed = answer.statusCode >= 400;
    return {
      status: answer.statusCode,
      ...(served === undefined || failed ? {} : { served }),
      ...(error === undefined || !failed ? {} : { error }),
    };
  } catch (error) {
    return { error: reasonOf(error) };
  } finally {
    await agent.destroy();
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_ANSWER) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** All vendors say `error.message`, or `message`; what is not JSON says nothing. */
function readAnswer(text: string): { served?: string | undefined; error?: string | undefined } {
  try {
    const answer = JSON.parse(text) as {
      model?: unknown;
      message?: unknown;
      error?: { message?: unknown } | string;
    };
    const error = typeof answer.error === 'object' ? answer.error?.message : (answer.error ?? answer.message);
    return {
      served: typeof answer.model === 'string' ? answer.model.slice(0, 128) : undefined,
      error: typeof error === 'string' ? error : undefined,
    };
  } catch {
    return {};
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof EgressRefused) return error.message;
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${PATIENCE_MS / 1_000} s`;
  return (error as { code?: string }).code ?? messageOf(error);
}

/** Vendors quote the key that they refuse, most of them in part. */
function withoutSecret(text: string, secret: string | undefined): string {
  const cleaned = secret === undefined ? text : text.replaceAll(secret, '…');
  return cleaned.slice(0, LONGEST_ERROR);
}

function sentence(
  status: number | undefined,
  model: string,
  latencyMs: number,
  error: string | undefined,
): string {
  if (status === undefined) return `It was not reached: ${error}.`;
  if (status < 300) return `It answered as ${model} in ${latencyMs} ms.`;
  if (status < 400) return `It redirects elsewhere (status ${status}); the base URL is not quite right.`;
  switch (status) {
    case 401:
    case 403:
      return `It refused the credential (status ${status}).`;
    case 404:
      return 'It knows no such model, or the base URL is not quite right (status 404).';
    case 402:
    case 429:
      return `It was reached, and limits or has billed out this credential (status ${status}).`;
    default:
      return status >= 500
        ? `It fails at the moment (status ${status}).`
        : `It was reached, and did not take the request (status ${status}).`;
  }
}
