import { copyFile, cp, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { librariesOf } from '../../scripts/image/libraries-of.ts';
import { findProgram } from '../../scripts/launcher/debian-package.ts';
import { redisBinary } from '../../scripts/launcher/redis-binary.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { run } from './container-tools.ts';

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/** An image to build in, made of this machine's Node, npm and glibc: no registry of images is asked. */
export async function makeBaseImage(name: string): Promise<void> {
  const root = await temporaryDirectory();
  await addProgram(root, process.execPath, '/usr/bin/node');
  const libc = dirname(librariesOf(process.execPath).find((path) => path.includes('/libc.so')) ?? '/lib');
  await addProgram(root, onPath('sh'), '/bin/sh');
  for (const program of ['env', 'ldd']) await addProgram(root, onPath(program), `/usr/bin/${program}`);
  // what native packages are linked to beside what Node is
  for (const library of ['librt.so.1', 'libutil.so.1'])
    await add(root, join(libc, library), join('/usr/lib', library));
  const npm = dirname(dirname(await realpath(onPath('npm'))));
  await cp(npm, join(root, 'usr/lib/node_modules/npm'), { recursive: true, verbatimSymlinks: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/bin/npm'));
  await add(root, CERTIFICATES);
  for (const directory of ['root', 'tmp']) await mkdir(join(root, directory));
  await commit(root, name, ['--env', `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`]);
}

/** A Redis of this machine's binary. */
export async function makeRedisImage(name: string): Promise<void> {
  const binary = await redisBinary();
  if (binary === undefined) throw new Error('no Redis could be had');
  const root = await temporaryDirectory();
  await addProgram(root, binary.command, '/usr/bin/redis-server', binary.env);
  await commit(root, name, ['--entrypoint', '["/usr/bin/redis-server"]']);
}

async function commit(root: string, name: string, config: readonly string[]): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
  const container = (await run('buildah', 'from', 'scratch')).split('\n').at(-1) ?? '';
  await run('buildah', 'add', '--quiet', container, root, '/');
  await run('buildah', 'config', ...config, container);
  await run('buildah', 'commit', '--quiet', '--rm', container, name);
}

/** A program with the libraries that it is linked to, which a private copy of Redis has in unusual places. */
async function addProgram(
  root: string,
  program: string,
  as: string,
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  await add(root, program, as);
  for (const library of librariesOf(program, env)) {
    const isLoader = basename(library).startsWith('ld-');
    await add(root, library, isLoader ? library : join('/usr/lib', basename(library)));
  }
}

async function add(root: string, from: string, as = from): Promise<void> {
  const to = join(root, as);
  await mkdir(dirname(to), { recursive: true });
  await copyFile(await realpath(from), to);
}

function onPath(program: string): string {
  const found = findProgram(program, process.env['PATH'] ?? '');
  if (found === undefined) throw new Error(`no ${program} on PATH`);
  return found;
}
