import type { Settings } from './settings.js';

/** What a person can do about a refusal, by its stable code (docs/reference/errors.md). */
const HINTS: Readonly<Record<string, string>> = {
  unauthorized: 'the admin token is not known there: muxgate configure',
  role_required: 'use an admin token with that role: muxgate configure',
  other_principal: 'use the admin token that began it, or begin anew: muxgate login <provider>',
  credential_not_found: 'muxgate tokens list (or credentials list) shows what there is',
  client_key_not_found: 'muxgate keys list shows the ids',
  declared_in_file: 'change it in the configuration file: muxgate config apply <file>',
  revision_not_found: 'muxgate config history shows the numbers',
  team_not_found: 'muxgate teams list shows the names',
  provider_not_found: 'muxgate providers list shows the names',
  oauth_provider_unknown: 'muxgate providers list --oauth shows what can be connected',
  reauthorization_required: 'muxgate login <provider> --credential <id>',
  blocked_by_provider: 'read the terms of the provider; tokens refresh tries once more',
  state_used_or_expired: 'begin anew: muxgate login <provider>',
  token_endpoint_invalid_grant: 'the code was wrong, used or too old; begin anew: muxgate login <provider>',
  redirect_not_allowed: 'paste instead: muxgate login <provider> --paste',
  worker_unavailable: 'muxgate status; is a worker running?',
  refresh_pending: 'look again in a moment: muxgate tokens get <credential>',
  store_unavailable: 'Redis is away; try again in a moment',
  config_stale: 'it was changed meanwhile: muxgate config diff <file>, then apply again',
  not_found: 'the server does not know this address; it may be older than this muxgate',
};

export function hintFor(code: string, { source }: Settings): string | undefined {
  const hint = HINTS[code];
  return code === 'not_found' && hint ? `${hint} (URL from ${source})` : hint;
}
