import { hash, timingSafeEqual } from 'node:crypto';

export const ROLES = ['viewer', 'operator', 'admin'] as const;
/** A viewer reads; an operator connects, refreshes and manages keys; an admin also changes configuration. */
export type Role = (typeof ROLES)[number];

export interface Principal {
  readonly name: string;
  readonly role: Role;
}

const ENTRY = String.raw`[A-Za-z0-9._-]{1,64}:(?:viewer|operator|admin):[0-9a-fA-F]{64}`;
/** The text of `MUXGATE_ADMIN_TOKENS`: `name:role:sha256-hex-of-token,…` */
export const ADMIN_TOKENS = new RegExp(`^${ENTRY}(?:,${ENTRY})*$`);

/** Knows the admin tokens by their hashes. */
export class AdminTokens {
  private readonly entries: ReadonlyArray<{ principal: Principal; digest: Buffer }>;

  /** @param text of the form of {@link ADMIN_TOKENS} */
  constructor(text: string) {
    this.entries = text.split(',').map((entry) => {
      const [name = '', role = '', digest = ''] = entry.split(':');
      return { principal: { name, role: role as Role }, digest: Buffer.from(digest, 'hex') };
    });
  }

  /** Whom there are tokens of, each role of a name once. */
  get principals(): Principal[] {
    const distinct = new Map(
      this.entries.map(({ principal }) => [`${principal.name}:${principal.role}`, principal]),
    );
    return [...distinct.values()];
  }

  /** Compares with every entry, in the same time wherever the match is. */
  authenticate(token: string): Principal | undefined {
    const digest = hash('sha256', token, 'buffer');
    let found: Principal | undefined;
    for (const entry of this.entries) {
      if (timingSafeEqual(entry.digest, digest)) found ??= entry.principal;
    }
    return found;
  }

  /** Whether there still is a token of this name and role. */
  holds({ name, role }: Principal): boolean {
    return this.entries.some(({ principal }) => principal.name === name && principal.role === role);
  }
}

export function mayActAs(principal: Principal, needed: Role): boolean {
  return ROLES.indexOf(principal.role) >= ROLES.indexOf(needed);
}
