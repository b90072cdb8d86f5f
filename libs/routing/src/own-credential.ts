import type { ProviderAuth } from '@muxgate/config';
import type { Candidate } from './candidates.js';

/** Who asks, as far as credentials of their own depend on it. */
export interface CredentialOwner {
  /** of the client key, which keeps it when it is rotated */
  readonly id: string;
  readonly team?: string;
}

const ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Whether each client, or each team, has a credential of its own at this provider. */
export function isOwned(auth: ProviderAuth): boolean {
  return auth.type === 'passthrough' || ('credential' in auth && auth.credential.includes('{'));
}

/**
 * `copilot-{client}` → `copilot-key_…`. Empty where no such id can be: the client is in no team, or its team's name has
 * characters that an id has not.
 */
export function ownCredential(template: string, { id, team }: CredentialOwner): string {
  if (team === undefined && template.includes('{team}')) return '';
  const credential = template.replaceAll(/\{(client|team)\}/g, (_, who) =>
    who === 'client' ? id : (team ?? ''),
  );
  return ID.test(credential) ? credential : '';
}

/** The candidates as this client meets them: with the credentials that are its own. */
export function ownCandidates(
  candidates: readonly Candidate[],
  owner: CredentialOwner,
): readonly Candidate[] {
  if (!candidates.some(({ provider }) => isOwned(provider.auth))) return candidates;
  return candidates.map((candidate) => {
    const { place, provider } = candidate;
    if (!isOwned(provider.auth)) return candidate;
    // what a caller passes through has no id; it rests for this caller only
    const template = 'credential' in provider.auth ? provider.auth.credential : '{client}';
    return { ...candidate, place: { ...place, credential: ownCredential(template, owner) } };
  });
}
