import { chmod, copyFile, lstat, lutimes, mkdir, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { nodeFileTrace } from '@vercel/nft';

/**
 * Lays out the root file system of one service's image: Node from the lock file, the C library it is linked to, and of
 * the project and its packages only the files that the service's code can reach (docs/adr/0008).
 *
 *   node scripts/image/assemble.ts <service> <root directory>
 */

/** Read at run time by paths that no trace can follow. */
const READ_BY_PATH: Readonly<Record<string, readonly string[]>> = {
  auth: ['node_modules/swagger-ui-dist'],
};
/** The same for all: so an image differs from another only where its files do. */
const EPOCH = new Date(0);

const [service, root] = process.argv.slice(2);
if (service === undefined || root === undefined) throw new Error('usage: assemble.ts <service> <root directory>');

const project = process.cwd();
const { fileList } = await nodeFileTrace([`dist/services/${service}/src/main.js`], { base: project });
const files = new Set(fileList);
for (const path of READ_BY_PATH[service] ?? []) {
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) files.add(join(entry.parentPath, entry.name));
  }
}
files.add('package.json');
files.add('sbom.cdx.json');

await rm(root, { recursive: true, force: true });
for (const file of [...files].sort()) await place(join(project, file), join(root, 'app', file));

const node = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
await place(await realpath(node), join(root, 'usr/bin/node'));
await chmod(join(root, 'usr/bin/node'), 0o755);
for (const library of librariesOf(node)) await place(await realpath(library), join(root, library));

await mkdir(join(root, 'etc/muxgate'), { recursive: true });
await writeFile(join(root, 'etc/passwd'), 'muxgate:x:65532:65532::/app:/sbin/nologin\n');
await writeFile(join(root, 'etc/group'), 'muxgate:x:65532:\n');
await mkdir(join(root, 'tmp'));
await chmod(join(root, 'tmp'), 0o1777);
await age(root);
process.stdout.write(`${service}: ${files.size} files of the application\n`);

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if ((await lstat(from)).isSymbolicLink()) await symlink(relative(dirname(from), await realpath(from)), to);
  else await copyFile(from, to);
}

/** Paths as the loader looks for them. Asked of the loader itself: ldd is a shell script that not every image has. */
function librariesOf(binary: string): string[] {
  const lines = execFileSync(binary, { encoding: 'utf8', env: { LD_TRACE_LOADED_OBJECTS: '1' } }).split('\n');
  return lines.flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

async function age(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = directory + sep + entry.name;
    if (entry.isDirectory()) await age(path);
    else await lutimes(path, EPOCH, EPOCH);
  }
  await lutimes(directory, EPOCH, EPOCH);
}
