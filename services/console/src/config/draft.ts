import { useState } from 'react';
import type { ConfigState } from '../api/types.ts';
import { useUnsaved } from '../parts/unsaved.ts';

export interface Draft {
  /** what was in force when it began */
  readonly base: { readonly revision: number; readonly text: string };
  readonly text: string;
  readonly changed: boolean;
  /** somebody else was faster: it cannot be applied any more */
  readonly stale: boolean;
  readonly write: (text: string) => void;
  /** Begins again from what is in force now. */
  readonly reload: () => void;
  readonly applied: (revision: number) => void;
}

/** A change of the configuration on its way. Untouched, it follows what others apply. */
export function useDraft({ revision, text }: ConfigState): Draft {
  const [base, setBase] = useState({ revision, text });
  const [written, setWritten] = useState(text);
  const changed = written !== base.text;
  useUnsaved(changed);
  const reload = (): void => {
    setBase({ revision, text });
    setWritten(text);
  };
  // older: what was just applied here, and is not read again yet
  const stale = revision > base.revision;
  if (stale && !changed) reload();
  return {
    base,
    text: written,
    changed,
    stale,
    write: setWritten,
    reload,
    applied: (next) => setBase({ revision: next, text: written }),
  };
}
