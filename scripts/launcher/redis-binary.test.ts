import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { debianPackages } from './debian-package.ts';
import { isRecentEnough, redisBinary } from './redis-binary.ts';

async function fakeServer(directory: string, name: string, version: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), `#!/bin/sh\necho 'Redis server v=${version} sha=0'\n`);
  await chmod(join(directory, name), 0o755);
}

describe('redisBinary', () => {
  it.each([
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', true],
    ['Valkey server v=8.1.1 sha=00000000:0', true],
    ['Redis server v=6.2.0 sha=0', true],
    ['Redis server v=6.0.16 sha=0', false],
    ['Redis server v=5.0.3', false],
    ['command not found', false],
  ])('takes 6.2 or later: %s', (line, expected) => {
    expect(isRecentEnough(line)).toBe(expected);
  });

  it('prefers PATH, passes over one that is too old, then takes the cached copy', async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'mxg-'));
    const [old, good, cache] = [join(scratch, 'old'), join(scratch, 'good'), join(scratch, 'cache')];
    await fakeServer(old, 'redis-server', '6.0.1');
    await fakeServer(good, 'valkey-server', '8.0.0');
    expect(await redisBinary({ path: old, cacheDirectory: cache })).toBeUndefined();
    await fakeServer(join(cache, process.arch, 'usr/bin'), 'redis-server', '7.0.0');
    expect(await redisBinary({ path: old, cacheDirectory: cache })).toMatchObject({ source: 'cache' });
    expect(await redisBinary({ path: `${old}:${good}`, cacheDirectory: cache })).toEqual({
      command: join(good, 'valkey-server'),
      env: {},
      source: 'path',
    });
  });

  it('reads the packages apt-get would install', () => {
    const output = [
      'Reading package lists...',
      "'http://deb.example/pool/libjemalloc2_5.3.0-1_amd64.deb' libjemalloc2_5.3.0-1_amd64.deb 275000 MD5Sum:0f",
      "'http://deb.example/pool/redis-tools_7.0.15-1%7edeb12u10_amd64.deb' redis-tools_5%3a7.0.15-1~deb12u10_amd64.deb 99 ",
    ].join('\n');
    expect(debianPackages(output)).toEqual(['libjemalloc2', 'redis-tools']);
  });
});
