import {
  chmod,
  copyFile,
  lstat,
  lutimes,
  mkdir,
  readdir,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';
import { SERVICES, type ServiceName } from '../launcher/service-environment.ts';
import { librariesOf } from './libraries-of.ts';

/**
 * Lays out the root file systems of the images: `<directory>/base` with Node from the lock file and the
 * C library that it is linked to, and `<directory>/<service>` with the files of the project and its packages that the
 * service's code can reach.
 *
 *   node scripts/image/assemble.ts <directory>
 */

const PRICES = 'node_modules/@pydantic/genai-prices'; // required by name
/** Read at run time by paths that no trace can follow. */
const READ_BY_PATH: Partial<Record<ServiceName, readonly string[]>> = {
  gateway: [PRICES],
  auth: [PRICES, 'node_modules/swagger-ui-dist', 'dist/services/console'],
  worker: [PRICES],
};
/** Programs beside the service itself: the command line travels with the service that it talks to. */
const BESIDE: Partial<Record<ServiceName, readonly string[]>> = { auth: ['dist/services/cli/src/main.js'] };
/** The same for all: so an image differs from another only where its files do. */
const EPOCH = new Date(0);

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('usage: assemble.ts <directory>');

const project = process.cwd();
await rm(directory, { recursive: true, force: true });
await layOutBase(join(directory, 'base'));
const cache = {};
for (const service of SERVICES) await layOutService(service, join(directory, service));
await age(directory);

async function layOutBase(root: string): Promise<void> {
  const node = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  await place(await realpath(node), join(root, 'usr/bin/node'));
  await chmod(join(root, 'usr/bin/node'), 0o755);
  for (const library of librariesOf(node)) await place(await realpath(library), join(root, library));
  await mkdir(join(root, 'etc/muxgate'), { recursive: true });
  await writeFile(join(root, 'etc/passwd'), 'muxgate:x:65532:65532::/app:/sbin/nologin\n');
  await writeFile(join(root, 'etc/group'), 'muxgate:x:65532:\n');
  await mkdir(join(root, 'tmp'));
  await chmod(join(root, 'tmp'), 0o1777);
}

async function layOutService(service: ServiceName, root: string): Promise<void> {
  const { fileList } = await nodeFileTrace(
    [`dist/services/${service}/src/main.js`, ...(BESIDE[service] ?? [])],
    {
      base: project,
      cache,
    },
  );
  const files = new Set([...fileList, 'package.json', 'sbom.cdx.json']);
  for (const path of READ_BY_PATH[service] ?? []) for (const file of await filesUnder(path)) files.add(file);
  for (const file of files) await place(join(project, file), join(root, 'app', file));
  process.stdout.write(`${service}: ${files.size} files\n`);
}

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if ((await lstat(from)).isSymbolicLink()) await symlink(relative(dirname(from), await realpath(from)), to);
  else await copyFile(from, to);
}

async function age(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) await age(inside);
    else await lutimes(inside, EPOCH, EPOCH);
  }
  await lutimes(path, EPOCH, EPOCH);
}
