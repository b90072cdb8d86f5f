import { defineError } from '@muxgate/runtime';

export const SsoNotConfigured = defineError('SsoNotConfigured', 'sso_not_configured', 404);
/** Why a person who came back from the organisation's provider is not signed in; shown as a code, never as its text. */
export const SsoRefused = defineError('SsoRefused', 'sso_refused', 400);
export const SsoStateGone = defineError('SsoStateGone', 'sso_state_gone', 410);
export const SsoNoRole = defineError('SsoNoRole', 'sso_no_role', 403);
