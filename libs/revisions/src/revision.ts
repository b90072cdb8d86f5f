/** A configuration that was in force, or is: a document and how it came. */
export interface Revision {
  readonly number: number;
  /** YAML as it was given, with references in place of secrets */
  readonly text: string;
  /** SHA-256 of the text, in hex */
  readonly hash: string;
  /** who: the name of an admin token, or `file` */
  readonly by: string;
  /** epoch milliseconds */
  readonly at: number;
  readonly source: RevisionSource;
  readonly comment?: string;
}

export type RevisionSource = 'file' | 'api';

export type RevisionHead = Omit<Revision, 'text'>;

/** How one process stands to the revisions. */
export interface ReplicaReport {
  /** `<service>-<random>`: new with every start */
  readonly id: string;
  readonly service: string;
  readonly host: string;
  /** the revision that it runs; 0: its own file, before any revision reached it */
  readonly revision: number;
  /** why it does not run a newer one */
  readonly problem?: { readonly revision: number; readonly mistakes: readonly string[] };
  /** what is wrong with the file that it watches, while that file is kept out */
  readonly fileMistakes?: readonly string[];
  /** epoch milliseconds */
  readonly seenAt: number;
}
