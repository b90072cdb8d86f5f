export interface AuditEntry {
  /** who: the name of the admin token, or `browser` for a callback, or `anonymous` */
  actor: string;
  /** what: `credential.connect`, `client-key.revoke`, …; for an attempt that failed the method and route */
  action: string;
  /** on what: the id of the credential, the key, … */
  subject: string;
  /** `refused`: not let in, for who they are or are not */
  outcome: AuditOutcome;
  /** from where: the address of the caller */
  from?: string;
  /** more of what happened; never a secret */
  details?: Readonly<Record<string, unknown>>;
}

export const AUDIT_OUTCOMES = ['success', 'failure', 'refused'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

export interface AuditRecord extends AuditEntry {
  /** of the stream's entry */
  id: string;
  /** place in the chain, from 1 */
  seq: number;
  /** epoch milliseconds */
  at: number;
  /** hash of the entry before; empty for the first */
  prev: string;
  /** SHA-256 of the entry's text, in hex */
  hash: string;
}
