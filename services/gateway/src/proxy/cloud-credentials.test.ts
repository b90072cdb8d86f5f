import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProviderConfig } from '@muxgate/config';
import { jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CloudCredentials } from './cloud-credentials.js';
import { CredentialUnavailable } from './errors.js';
import { GoogleClients } from './google-clients.js';

const MACHINE = { type: 'none' } as const;
const BASE_URL = 'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google';
const provider = (protocol: string, auth: object = MACHINE, allowPrivateNetwork = false): ProviderConfig =>
  ({ name: 'p', protocol, baseUrl: BASE_URL, auth, allowPrivateNetwork }) as unknown as ProviderConfig;

const received: { path: string; form: URLSearchParams }[] = [];
let server: Server;
let address: string;
let answer: { type: string; body: string };
let directory: string;

beforeAll(async () => {
  server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk) => (body += String(chunk)));
    req.on('end', () => {
      received.push({ path: req.url ?? '', form: new URLSearchParams(body) });
      res.writeHead(200, { 'content-type': answer.type }).end(answer.body);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  directory = await mkdtemp(join(tmpdir(), 'muxgate-'));
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  received.length = 0;
});
afterEach(() => vi.unstubAllEnvs());

test('a protocol of no cloud, and a plain key, need nothing of the machine’s', () => {
  expect(new CloudCredentials().of(provider('openai-chat'))).toBeUndefined();
  for (const protocol of ['vertex', 'vertex-anthropic', 'bedrock'])
    expect(
      new CloudCredentials().of(provider(protocol, { type: 'apiKey', value: 'AIza-key' })),
    ).toBeUndefined();
});

describe('Google', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const serviceAccount = {
    type: 'service_account',
    client_email: 'gateway@p.iam.gserviceaccount.com',
    private_key_id: 'key-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  /** Google's library asks Google, wherever its token service is: here it is on loopback. */
  const google = (): CloudCredentials =>
    new CloudCredentials(
      new GoogleClients(() => async (input, init) => {
        const url = new URL(input instanceof Request ? input.url : input);
        expect(url.href).toBe('https://oauth2.googleapis.com/token');
        return fetch(`${address}${url.pathname}`, init);
      }),
    );
  const asks = async (): Promise<void> => {
    const [request] = received;
    expect(request?.form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { payload, protectedHeader } = await jwtVerify(request?.form.get('assertion') ?? '', publicKey, {
      issuer: serviceAccount.client_email,
      audience: 'https://oauth2.googleapis.com/token',
    });
    expect(payload['scope']).toBe('https://www.googleapis.com/auth/cloud-platform');
    expect(protectedHeader.alg).toBe('RS256');
  };

  beforeEach(() => {
    answer = {
      type: 'application/json',
      body: JSON.stringify({ access_token: 'ya29.token', expires_in: 3600, token_type: 'Bearer' }),
    };
  });

  test.each(['vertex', 'vertex-anthropic'])(
    '%s: a service account’s key in the configuration signs for a token, once for many requests',
    async (protocol) => {
      const cloud = google();
      const own = provider(protocol, { type: 'apiKey', value: JSON.stringify(serviceAccount) });
      for (let i = 0; i < 3; i++)
        expect(await cloud.of(own)).toEqual({
          headers: ['authorization', 'Bearer ya29.token'],
          grant: undefined,
        });
      expect(received).toHaveLength(1);
      await asks();
    },
  );

  test('so does the key file that GOOGLE_APPLICATION_CREDENTIALS names', async () => {
    const file = join(directory, 'key.json');
    await writeFile(file, JSON.stringify(serviceAccount));
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
    expect(await google().of(provider('vertex'))).toMatchObject({
      headers: ['authorization', 'Bearer ya29.token'],
    });
    await asks();
  });

  test('a token is asked for through our guard: no private address unless the provider allows it', async () => {
    const subject = join(directory, 'subject-token');
    await writeFile(subject, 'token-of-the-workload');
    const value = JSON.stringify({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/k8s',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${address}/v1/token`,
      credential_source: { file: subject },
    });
    const auth = { type: 'apiKey', value };
    await expect(new CloudCredentials().of(provider('vertex', auth))).rejects.toThrow(CredentialUnavailable);
    expect(received).toHaveLength(0);
    expect(await new CloudCredentials().of(provider('vertex', auth, true))).toMatchObject({
      headers: ['authorization', 'Bearer ya29.token'],
    });
    expect(received[0]?.form.get('subject_token')).toBe('token-of-the-workload');

    const file = join(directory, 'workload.json');
    await writeFile(file, value);
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
    await expect(new CloudCredentials().of(provider('vertex'))).rejects.toThrow(CredentialUnavailable);
    expect(received).toHaveLength(1);
  });
});

describe('AWS', () => {
  const withoutKeys = (): void => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
      vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_REGION', 'eu-central-1');
  };

  test('keys come from its default chain', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    expect(await new CloudCredentials().of(provider('bedrock'))).toMatchObject({
      headers: [],
      aws: { accessKeyId: 'id', secretAccessKey: 'secret' },
    });
  });

  test('a web identity is exchanged through our guard: no private address unless the provider allows it', async () => {
    withoutKeys();
    const file = join(directory, 'web-identity');
    await writeFile(file, 'token-of-the-pod');
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', file);
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::1:role/gateway');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', address);
    answer = {
      type: 'text/xml',
      body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
        <Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s1</SecretAccessKey><SessionToken>t1</SessionToken>
        <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
    };
    await expect(new CloudCredentials().of(provider('bedrock'))).rejects.toThrow(CredentialUnavailable);
    expect(received).toHaveLength(0);
    expect(await new CloudCredentials().of(provider('bedrock', MACHINE, true))).toMatchObject({
      aws: { accessKeyId: 'ASIA1', secretAccessKey: 's1', sessionToken: 't1' },
    });
    expect(received[0]?.form.get('WebIdentityToken')).toBe('token-of-the-pod');
  });

  test('a machine without keys says so, within its time', async () => {
    withoutKeys();
    await expect(new CloudCredentials().of(provider('bedrock'))).rejects.toThrow(CredentialUnavailable);
  });
});
