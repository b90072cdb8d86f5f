import { defineError } from '@muxgate/runtime';

export const StateMalformed = defineError('StateMalformed', 'state_malformed', 400);
/** Used, expired or never issued: the three look the same once the record is gone. */
export const StateGone = defineError('StateGone', 'state_used_or_expired', 410);
/** Used, expired or revoked since the connection began. */
export const InvitationGone = defineError('InvitationGone', 'invitation_used_or_expired', 410);
