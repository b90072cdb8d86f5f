import { createHash } from 'node:crypto';
import { USERS, type RedisUser } from './users.ts';

/**
 * The text of an ACL file. Without a password one may only ask whether the server is there.
 * @param passwords by user; only their hashes are written
 */
export function renderAcl(passwords: Readonly<Record<string, string>>): string {
  const lines = USERS.map((user) => renderUser(user, passwords[user.name] ?? ''));
  return `${['user default on nopass resetkeys resetchannels -@all +ping', ...lines].join('\n')}\n`;
}

function renderUser({ name, reads, writes, channels, commands }: RedisUser, password: string): string {
  if (password === '') throw new Error(`${name} has no password`);
  return [
    `user ${name} on`,
    `#${createHash('sha256').update(password).digest('hex')}`,
    'resetkeys resetchannels',
    ...reads.map((pattern) => `%R~${pattern}`),
    ...writes.map((pattern) => `~${pattern}`),
    ...channels.map((pattern) => `&${pattern}`),
    ...commands,
  ].join(' ');
}
