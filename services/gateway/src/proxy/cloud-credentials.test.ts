import { afterEach, expect, test, vi } from 'vitest';
import { CloudCredentials } from './cloud-credentials.js';
import { CredentialUnavailable } from './errors.js';

afterEach(() => vi.unstubAllEnvs());

test('a protocol of no cloud has nothing of the machine’s', () => {
  expect(new CloudCredentials().of('openai-chat')).toBeUndefined();
});

test('keys of AWS come from its default chain', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  expect(await new CloudCredentials().of('bedrock')).toMatchObject({
    header: undefined,
    aws: { accessKeyId: 'id', secretAccessKey: 'secret' },
  });
});

test('a machine without keys says so, within its time', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  await expect(new CloudCredentials().of('bedrock')).rejects.toThrow(CredentialUnavailable);
});
