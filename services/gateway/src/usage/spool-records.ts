import {
  ATTEMPT,
  endOf,
  readAttempt,
  readNote,
  readOpen,
  readRecords,
  readRequest,
  REQUEST,
  Subject,
  type AttemptEvent,
  type EventRecord,
  type RequestEvent,
  type UsageEvent,
} from '@muxgate/usage';

/* What a spool's records are of, beside attempts and requests. */
export const OPEN_ATTEMPT = 3;
/** follows the open attempt that it belongs to */
export const OPEN_REQUEST = 4;
export const UNSEEN = 5;
/** what records are about that follow; the number names it */
export const SUBJECT = 6;
/** the number is its sequence */
export const BATCH = 7;
export const SCRAPED = 8;
/** and of the one attempt that it had: most have one, which ends when they do */
export const REQUEST_OF_ONE = 9;

/** What a spool says. */
export type SpoolEntry =
  /** it happened; `closes` is the number of an attempt that was open */
  | { readonly kind: 'event'; readonly event: UsageEvent; readonly closes: number | undefined }
  /** what an attempt that is open would come to, should nothing more be heard of it */
  | {
      readonly kind: 'open';
      readonly open: number;
      readonly attempt: AttemptEvent;
      readonly request: RequestEvent;
    }
  /** the events since the batch before are this one */
  | { readonly kind: 'batch'; readonly sequence: number }
  /** what was counted so far, Prometheus has */
  | { readonly kind: 'scraped' }
  /** counted, and Prometheus does not have it; the ledger has */
  | { readonly kind: 'unseen'; readonly event: AttemptEvent };

export function packSubject({ group, parties }: Subject): string {
  return JSON.stringify([group, parties]);
}

function unpackSubject(packed: string): Subject {
  const [group, parties] = JSON.parse(packed) as [group: string | null, parties: string];
  return new Subject(group, parties);
}

/** What the files of one spool say, as far as they can be read: the last record of a process that was killed may be torn. */
export function readSpool(files: readonly Buffer[]): { entries: readonly SpoolEntry[]; unreadBytes: number } {
  const reader = new SpoolReader();
  let unreadBytes = 0;
  for (const file of files) {
    let read = 0;
    try {
      for (const record of readRecords(file)) {
        reader.read(record);
        read += record.bytes.length;
      }
    } catch {
      // whatever it is, it is none of our records: what came before it counts
    }
    unreadBytes += file.length - read;
  }
  return { entries: reader.entries, unreadBytes };
}

class SpoolReader {
  readonly entries: SpoolEntry[] = [];
  private readonly subjects = new Map<number, Subject>();
  /** its request follows */
  private opened: { open: number; attempt: AttemptEvent } | undefined;

  read(record: EventRecord): void {
    const { type, number } = record;
    if (type === SUBJECT) this.subjects.set(number, unpackSubject(readNote(record)));
    else if (type === BATCH) this.entries.push({ kind: 'batch', sequence: number });
    else if (type === SCRAPED) this.entries.push({ kind: 'scraped' });
    else this.readEvent(record, this.subjectOf(number));
  }

  private readEvent(record: EventRecord, subject: Subject): void {
    const { entries, opened } = this;
    switch (record.type) {
      case ATTEMPT:
        entries.push({ kind: 'event', event: readAttempt(record, subject), closes: readOpen(record) });
        break;
      case REQUEST:
        entries.push({ kind: 'event', event: readRequest(record, subject), closes: undefined });
        break;
      case REQUEST_OF_ONE: {
        const request = readRequest(record, subject);
        const attempt: AttemptEvent = { type: 'attempt', at: endOf(request), subject, ...request.bill };
        entries.push({ kind: 'event', event: attempt, closes: undefined });
        entries.push({ kind: 'event', event: request, closes: undefined });
        break;
      }
      case OPEN_ATTEMPT:
        this.opened = { open: readOpen(record) ?? 0, attempt: readAttempt(record, subject) };
        break;
      case OPEN_REQUEST:
        if (opened !== undefined)
          entries.push({ kind: 'open', ...opened, request: readRequest(record, subject) });
        break;
      case UNSEEN:
        entries.push({ kind: 'unseen', event: readAttempt(record, subject) });
    }
  }

  private subjectOf(number: number): Subject {
    const subject = this.subjects.get(number);
    if (subject === undefined) throw new Error(`nothing was said of ${number}`);
    return subject;
  }
}
