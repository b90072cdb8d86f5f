import { parseConfig } from '@muxgate/config';
import { afterEach, expect, test, vi } from 'vitest';
import { bedrockModel } from './bedrock-model.js';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['bedrock-runtime.eu-central-1.amazonaws.com', 'eu-central-1'],
  ['bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
  ['bedrock-runtime.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
  ['vpce-0a1-b2c.bedrock-runtime.us-east-1.vpce.amazonaws.com', 'us-east-1'],
  ['bedrock.internal.example', 'ap-south-1'],
])('a request to %s is signed for the region %s', async (host, region) => {
  vi.stubEnv('AWS_REGION', 'ap-south-1');
  const provider = parseConfig(
    `version: 1\nproviders: [{ name: p, preset: bedrock, baseUrl: "https://${host}", auth: { type: none } }]`,
    {},
  ).providers.get('p')!;
  let signature = '';
  const fetch: typeof globalThis.fetch = (_url, init) => {
    signature = new Headers(init?.headers).get('authorization') ?? '';
    return Promise.reject(new Error('not sent'));
  };
  const model = await bedrockModel(provider, 'm', fetch, { accessKeyId: 'id', secretAccessKey: 'secret' });
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }];
  await expect(model.doGenerate({ prompt })).rejects.toThrow('not sent');
  expect(signature).toContain(`/${region}/bedrock/aws4_request`);
});
