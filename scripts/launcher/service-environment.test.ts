import { describe, expect, it } from 'vitest';
import { serviceEnvironment, SERVICES, type ServiceName } from './service-environment.ts';
import { readSettings } from './settings.ts';

const secrets = { adminToken: 'ADMIN', clientKey: 'CLIENT', accessKeys: 'ACCESS', refreshKeys: 'REFRESH' };
const inherited = {
  ACME_SECRET: 'for the configuration',
  MUXGATE_REFRESH_KEYS_FILE: '/secret',
  MUXGATE_ADMIN_TOKEN: 'ADMIN',
  PORT: '1',
  npm_config_registry: 'x',
};
const of = (service: ServiceName, env: Record<string, string> = {}) =>
  serviceEnvironment(
    service,
    {
      settings: readSettings(env).settings,
      secrets,
      publicUrl: 'http://p',
      redis: { REDIS_URL: 'redis://r' },
    },
    inherited,
  );

describe('serviceEnvironment', () => {
  it('gives what opens refresh tokens to auth and worker alone', () => {
    const holders = SERVICES.filter((service) => JSON.stringify(of(service)).includes('REFRESH'));
    expect(holders).toEqual(['auth', 'worker']);
  });

  it('gives nobody a plain admin token or client key', () => {
    for (const service of SERVICES) expect(Object.values(of(service))).not.toContain('ADMIN');
    for (const service of SERVICES) expect(Object.values(of(service))).not.toContain('CLIENT');
  });

  it('tells the vendor nothing of ours', () => {
    expect(Object.keys(of('sandbox')).toSorted()).toEqual([
      'ACME_SECRET',
      'HOST',
      'LOG_LEVEL',
      'PORT',
      'SANDBOX_ACCESS_TOKEN_SECONDS',
    ]);
  });

  it('passes on what a configuration may refer to', () => {
    expect(of('gateway')).toMatchObject({ ACME_SECRET: 'for the configuration', PORT: '8080' });
    expect(of('gateway')).not.toHaveProperty('npm_config_registry');
  });

  it('honours declared admin tokens beside its own, which never takes their name', () => {
    const declared = `npm-start:viewer:${'0'.repeat(64)}`;
    const tokens = of('auth', { MUXGATE_ADMIN_TOKENS: declared })['MUXGATE_ADMIN_TOKENS'];
    expect(tokens).toMatch(new RegExp(`^${declared},npm-start-:admin:[0-9a-f]{64}$`));
  });
});
