import { checkUrlSafety } from './check-url.js';
import type { ConfigDocument } from './document.js';
import type { Mistakes } from './mistakes.js';

/** The rules between the fields of the console's sign-in. */
export function checkConsole({ console }: ConfigDocument, mistakes: Mistakes): void {
  const { sso } = console;
  if (sso === undefined) return;
  checkUrlSafety(sso.issuer, sso.allowPrivateNetwork, 'console.sso.issuer', mistakes);
  if (!sso.scopes.includes('openid')) mistakes.add('console.sso.scopes', 'must hold openid');
  if (Object.values(sso.roles).every((values: string[]) => values.length === 0)) {
    mistakes.add('console.sso.roles', 'gives nobody a role; name at least one value');
  }
}
