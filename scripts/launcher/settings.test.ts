import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

const problemsOf = (env: Record<string, string>) => readSettings(env).problems;

describe('readSettings', () => {
  it('has the defaults of the contract and starts its own Redis', () => {
    const { settings, problems } = readSettings({});
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      ports: {
        gateway: 8080,
        auth: 8081,
        gatewayManagement: 9080,
        authManagement: 9081,
        workerManagement: 9082,
      },
      host: '127.0.0.1',
      configFile: 'config/muxgate.yaml',
      dataDirectory: '.muxgate',
      sandbox: true,
      redis: {},
    });
  });

  it('names every problem at once and repeats no value', () => {
    const problems = problemsOf({
      GATEWAY_PORT: 'hunter2',
      AUTH_PORT: '65536',
      PUBLIC_URL: 'ftp://x',
      MUXGATE_SANDBOX: 'yes',
      MUXGATE_ADMIN_TOKEN: 'with blank',
      MUXGATE_ADMIN_TOKENS: 'ci:root:00',
      MUXGATE_ACCESS_KEYS: 'k1:short',
      REDIS_URL: 'http://x',
      LOG_LEVEL: 'loud',
    });
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual([
      'AUTH_PORT',
      'GATEWAY_PORT',
      'LOG_LEVEL',
      'MUXGATE_ACCESS_KEYS',
      'MUXGATE_ADMIN_TOKEN',
      'MUXGATE_ADMIN_TOKENS',
      'MUXGATE_SANDBOX',
      'PUBLIC_URL',
      'REDIS_URL',
    ]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('refuses one port for two listeners, but lets any number take a free one', () => {
    expect(problemsOf({ AUTH_PORT: '8080' })).toEqual(['AUTH_PORT: is 8080, as GATEWAY_PORT is already']);
    expect(problemsOf({ AUTH_PORT: '0', GATEWAY_PORT: '0' })).toEqual([]);
  });

  it('refuses two ways to reach Redis, and Sentinels without a master', () => {
    expect(problemsOf({ REDIS_URL: 'redis://a:1', REDIS_CLUSTER: 'a:1,b:2' })).toEqual([
      'REDIS_URL, REDIS_CLUSTER: only one way to reach Redis may be given',
    ]);
    expect(problemsOf({ REDIS_SENTINELS: 'a:1' })).toEqual([
      'REDIS_SENTINELS, REDIS_SENTINEL_MASTER: only make sense together',
    ]);
  });

  it('reads a secret from a file, not from both places', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mxg-')), 'token');
    writeFileSync(file, 'from-file\n');
    expect(readSettings({ MUXGATE_ADMIN_TOKEN_FILE: file }).settings.adminToken).toBe('from-file');
    expect(problemsOf({ MUXGATE_ADMIN_TOKEN_FILE: file, MUXGATE_ADMIN_TOKEN: 'x' })).toHaveLength(1);
    expect(problemsOf({ MUXGATE_CLIENT_KEY_FILE: '/nowhere/x' })).toEqual([
      'MUXGATE_CLIENT_KEY: cannot read the file that MUXGATE_CLIENT_KEY_FILE names (ENOENT)',
    ]);
  });
});
