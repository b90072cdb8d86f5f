import { closeSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, type Logger } from '@muxgate/runtime';
import { TextBuffer } from '@muxgate/usage';

/** A file this large is followed by a new one once what it holds is in Redis. */
const ROTATE_BYTES = 1024 * 1024;

/** A write costs as much as the rest of a request's accounting; what a kill can lose is no older than this. */
const FLUSH_AFTER_MS = 5;

let opened = 0;

/** Who writes a spool: its file names and its batches carry it. */
function ownName(): string {
  return `${hostname()}~${process.pid}~${Date.now().toString(36)}${(opened++).toString(36)}`;
}

function spoolFile(name: string, generation: number): string {
  return `${name}~${generation}.usage`;
}

/**
 * What this process has accounted for and Redis may not have yet, as lines in a file: a process that is killed leaves
 * it to the next. Lines are written every few milliseconds; the kernel keeps them when the process is gone.
 */
export class Spool {
  readonly name = ownName();
  private readonly lines = new TextBuffer();
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

  write(line: string): void {
    if (this.file === undefined) return;
    this.lines.append(line);
    if (this.scheduled) return;
    this.scheduled = true;
    setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
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
    if (this.file === undefined || this.lines.isEmpty) return;
    try {
      this.bytes += writeSync(this.file, this.lines.written);
    } catch (error) {
      this.giveUp(error);
    }
    this.lines.clear();
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
