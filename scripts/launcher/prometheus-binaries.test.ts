import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { prometheusBinaries } from './prometheus-binaries.ts';

it('takes prometheus and promtool from PATH if both are there, else the cached copy', async () => {
  const scratch = await temporaryDirectory();
  const [half, whole, cache] = ['half', 'whole', 'cache'].map((name) => join(scratch, name)) as [
    string,
    string,
    string,
  ];
  const program = async (directory: string, name: string) => {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, name), '#!/bin/sh\n');
    await chmod(join(directory, name), 0o755);
  };
  await program(half, 'prometheus');
  expect(await prometheusBinaries(half, cache)).toBeUndefined();
  const cached = join(cache, process.arch, 'usr/bin');
  await program(cached, 'prometheus');
  await program(cached, 'promtool');
  expect(await prometheusBinaries(half, cache)).toEqual({
    prometheus: join(cached, 'prometheus'),
    promtool: join(cached, 'promtool'),
  });
  await program(whole, 'prometheus');
  await program(whole, 'promtool');
  expect(await prometheusBinaries(`${half}:${whole}`, cache)).toMatchObject({
    promtool: join(whole, 'promtool'),
  });
});
