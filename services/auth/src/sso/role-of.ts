import type { SingleSignOnConfig } from '@muxgate/config';
import type { JWTPayload } from 'jose';
import type { Principal, Role } from '../admin/admin-tokens.js';
import { claimAt } from './identity-provider.js';
import { SsoNoRole } from './sso.errors.js';

const STRONGEST_FIRST: readonly Role[] = ['admin', 'operator', 'viewer'];
const EVERYBODY = '*';
const LONGEST_NAME = 128;

/** Who a person is here: the strongest role that a value of their claim gives. @throws SsoNoRole */
export function principalOf(claims: JWTPayload, { rolesClaim, roles }: SingleSignOnConfig): Principal {
  const held = new Set(textsOf(claimAt(claims, rolesClaim)));
  const role = STRONGEST_FIRST.find((name) =>
    roles[name].some((value) => value === EVERYBODY || held.has(value)),
  );
  if (role === undefined) throw new SsoNoRole('The provider knows you, but nothing gives you a role here.');
  return { name: nameOf(claims), role };
}

/** Keeps people apart from admin tokens of the same name, which have no colon, in the audit log above all. */
export const SSO_PREFIX = 'sso:';

function nameOf({ email, email_verified: verified, sub }: JWTPayload): string {
  const address = typeof email === 'string' && verified !== false ? email : undefined;
  const name = address ?? String(sub);
  return `${SSO_PREFIX}${name.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, LONGEST_NAME)}`;
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/[\s,]+/);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
