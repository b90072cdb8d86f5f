import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderAcl } from './render.ts';
import { USERS } from './users.ts';

/**
 * Writes `users.acl` for Redis, and a password for each user where there is none yet: run it again after an upgrade,
 * and only the rules are new.
 *
 *   node scripts/redis-acl.mjs <directory>
 */
const [directory] = process.argv.slice(2);
if (directory === undefined) {
  process.stderr.write('usage: node scripts/redis-acl.mjs <directory>\n');
  process.exit(2);
}
await mkdir(directory, { recursive: true, mode: 0o700 });
const passwords: Record<string, string> = {};
for (const { name } of USERS) passwords[name] = await keptOrNew(join(directory, `${name}.password`));
await writeFile(join(directory, 'users.acl'), renderAcl(passwords), { mode: 0o600 });
process.stdout.write(`${join(directory, 'users.acl')} and ${USERS.length} passwords are there\n`);

async function keptOrNew(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return kept;
  const password = randomBytes(32).toString('base64url');
  await writeFile(file, password, { mode: 0o600, flag: 'wx' });
  return password;
}
