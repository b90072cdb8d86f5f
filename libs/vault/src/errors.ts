import { defineError } from '@muxgate/runtime';

/** A key ring that cannot be used; names the entry at fault, never its text. Exit 78 (EX_CONFIG). */
export const KeyRingInvalid = defineError('KeyRingInvalid', 'config_key_ring', 500, { expose: false });

/** A ring that cannot open what is in Redis. Exit 78 (EX_CONFIG). */
export const KeyRingUnfit = defineError('KeyRingUnfit', 'config_key_ring_unfit', 500, { expose: false });

/** An envelope that does not open: altered, moved, or sealed by a key that the ring no longer has. */
export const EnvelopeInvalid = defineError('EnvelopeInvalid', 'envelope_invalid', 500, { expose: false });

export const CredentialIdInvalid = defineError('CredentialIdInvalid', 'credential_id_invalid', 400);

/** Another writer was faster, again and again. */
export const VaultContended = defineError('VaultContended', 'vault_contended', 503);

/** It was to be stored only if there was none of its id. */
export const CredentialExists = defineError('CredentialExists', 'credential_exists', 409);
