import { closeSync, mkdirSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, type Logger } from '@muxgate/runtime';
import {
  ATTEMPT,
  RecordBuffer,
  REQUEST,
  type AttemptEvent,
  type RequestEvent,
  type Subject,
} from '@muxgate/usage';
import {
  BATCH,
  OPEN_ATTEMPT,
  OPEN_REQUEST,
  packSubject,
  REQUEST_OF_ONE,
  SCRAPED,
  SUBJECT,
  UNSEEN,
} from './spool-records.js';

/** A file this large is followed by a new one once what it holds is in Redis. */
const ROTATE_BYTES = 1024 * 1024;

/** A write costs more than the rest of a request's accounting; what a kill can lose is no older than this. */
const FLUSH_AFTER_MS = 5;

/** Beyond, a file says again what records are about. */
const MAX_SUBJECTS = 10_000;

let opened = 0;

/** Who writes a spool: its file names and its batches carry it. */
function ownName(): string {
  return `${hostname()}~${process.pid}~${Date.now().toString(36)}${(opened++).toString(36)}`;
}

function spoolFile(name: string, generation: number): string {
  return `${name}~${generation}.spool`;
}

/**
 * What this process has accounted for and Redis may not have yet, as records in a file: a process that is killed leaves
 * it to the next. They are written every few milliseconds; the kernel keeps them when the process is gone.
 */
export class Spool {
  readonly name = ownName();
  private readonly records = new RecordBuffer();
  /** what the file says of them */
  private readonly subjects = new Set<Subject>();
  /** is written with its request, if that is what follows */
  private ended: AttemptEvent | undefined;
  private scheduled = false;
  private file: number | undefined;
  private generation = 0;
  private bytes = 0;
  private oldest = 0;

  constructor(
    private readonly directory: string,
    private readonly logger: Logger,
  ) {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.file = this.openFile();
    } catch (error) {
      this.giveUp(error);
    }
  }

  /** `open` is the number of an attempt that was open, and is over. */
  attempt(event: AttemptEvent, open: number | undefined): void {
    if (!this.isWriting()) return;
    this.writeEnded();
    this.introduce(event.subject);
    if (open === undefined) this.ended = event;
    else this.records.attempt(ATTEMPT, event, open);
  }

  request(event: RequestEvent): void {
    if (!this.isWriting()) return;
    const { ended } = this;
    const isOfOne = ended !== undefined && event.bill === ended && event.subject === ended.subject;
    if (isOfOne) this.ended = undefined;
    else this.introduce(event.subject);
    this.records.request(isOfOne ? REQUEST_OF_ONE : REQUEST, event);
  }

  /** What an attempt that is open would come to, should nothing more be heard of it. */
  open(open: number, attempt: AttemptEvent, request: RequestEvent): void {
    if (!this.isWriting()) return;
    this.writeEnded();
    this.introduce(attempt.subject);
    this.introduce(request.subject);
    this.records.attempt(OPEN_ATTEMPT, attempt, open);
    this.records.request(OPEN_REQUEST, request);
  }

  /** The events since the batch before are this one. */
  batch(sequence: number): void {
    this.note(BATCH, sequence);
  }

  /** What was counted so far, Prometheus has. */
  scraped(): void {
    this.note(SCRAPED, 0);
  }

  /** What Prometheus does not have of all that was counted so far, added up. */
  unseen(events: readonly AttemptEvent[]): void {
    this.scraped();
    if (!this.isWriting()) return;
    for (const event of events) {
      this.introduce(event.subject);
      this.records.attempt(UNSEEN, event, undefined);
    }
  }

  get isLarge(): boolean {
    return this.bytes >= ROTATE_BYTES;
  }

  /** Goes on in a new file. @returns what ends the files before it, when nothing in them is needed any more */
  rotate(): () => void {
    this.flush();
    const before = this.generation;
    try {
      this.closeFile();
      this.generation++;
      this.bytes = 0;
      this.subjects.clear();
      this.file = this.openFile();
    } catch (error) {
      this.giveUp(error);
    }
    return () => this.remove(before);
  }

  /** Ends it; files go where all that they hold is in Redis. */
  close(settled: boolean): void {
    this.flush();
    this.closeFile();
    if (settled) this.remove(this.generation);
  }

  /** Hands over to the kernel what was written so far. */
  flush(): void {
    this.scheduled = false;
    this.writeEnded();
    if (this.file === undefined || this.records.isEmpty) return;
    try {
      const { written } = this.records;
      // all of it or an error, with which the file ends: what follows a torn record cannot be read
      writeFileSync(this.file, written);
      this.bytes += written.length;
    } catch (error) {
      this.giveUp(error);
    }
    this.records.clear();
  }

  /** What is appended now will be in the file soon. */
  private isWriting(): boolean {
    if (this.file === undefined) return false;
    if (this.scheduled) return true;
    this.scheduled = true;
    setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
    return true;
  }

  /** Records say only the number of what they are about. */
  private introduce(subject: Subject): void {
    if (this.subjects.has(subject)) return;
    if (this.subjects.size >= MAX_SUBJECTS) this.subjects.clear();
    this.subjects.add(subject);
    this.records.note(SUBJECT, subject.number, packSubject(subject));
  }

  private note(type: number, number: number): void {
    if (!this.isWriting()) return;
    this.writeEnded();
    this.records.note(type, number);
  }

  private writeEnded(): void {
    const { ended } = this;
    if (ended === undefined) return;
    this.ended = undefined;
    this.records.attempt(ATTEMPT, ended, undefined);
  }

  private openFile(): number {
    return openSync(join(this.directory, spoolFile(this.name, this.generation)), 'ax', 0o600);
  }

  private closeFile(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private remove(upTo: number): void {
    for (; this.oldest <= upTo; this.oldest++)
      try {
        unlinkSync(join(this.directory, spoolFile(this.name, this.oldest)));
      } catch (error) {
        this.logger.debug({ reason: messageOf(error) }, 'a spool file was gone');
      }
  }

  private giveUp(error: unknown): void {
    this.file = undefined;
    this.logger.warn(
      { directory: this.directory, reason: messageOf(error) },
      'usage is not spooled: killed now, this gateway would lose what Redis does not have yet',
    );
  }
}
