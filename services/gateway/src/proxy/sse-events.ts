import { bytesAre } from '@muxgate/json-scan';

/** More of one event than this is not kept: its bytes still pass, its content goes unread. */
export const MAX_EVENT_BYTES = 1024 * 1024;

/** What stays allocated between events. */
const HELD_BYTES = 16 * 1024;

const LF = 0x0a;
const CR = 0x0d;

/** Receives one event with its closing blank line, as bytes that are valid during the call only. */
export type OnEvent = (buffer: Buffer, start: number, end: number) => void;

/**
 * Cuts a stream into server-sent events (WHATWG HTML, section 9.2) wherever its chunks begin and end, and
 * whichever line ends it uses. An event inside one chunk is not copied.
 */
export class SseSplitter {
  private held = Buffer.allocUnsafe(0);
  private heldLength = 0;
  private pending = 0;
  private atLineStart = true;
  private skipLf = false;

  constructor(private readonly onEvent: OnEvent) {}

  /** No part of an event has come since the last blank line. */
  get atBoundary(): boolean {
    return this.pending === 0;
  }

  push(chunk: Buffer): void {
    const length = chunk.length;
    if (length === 0) return;
    let i = 0;
    if (this.skipLf) {
      this.skipLf = false;
      if (chunk[0] === LF) i = 1;
    }
    let eventStart = this.pending === 0 ? i : 0;
    const hasCr = chunk.includes(CR);
    while (i < length) {
      const lineEnd = chunk[i] === LF ? i : hasCr ? nextLineEnd(chunk, i) : chunk.indexOf(LF, i);
      if (lineEnd < 0) {
        this.atLineStart = false;
        break;
      }
      const blank = this.atLineStart && lineEnd === i;
      i = lineEnd + 1;
      if (chunk[lineEnd] === CR) {
        if (i === length) this.skipLf = true;
        else if (chunk[i] === LF) i++;
      }
      this.atLineStart = true;
      if (blank) {
        this.emit(chunk, eventStart, i);
        eventStart = i;
      }
    }
    if (eventStart < length) this.hold(chunk, eventStart, length);
  }

  /** The stream has ended: an event that lacks no more than its blank line still counts, but is no boundary. */
  end(): void {
    if (this.heldLength > 0 && this.atLineStart) this.emitHeld();
  }

  private emit(chunk: Buffer, start: number, end: number): void {
    if (this.pending === 0) {
      this.onEvent(chunk, start, end);
      return;
    }
    this.hold(chunk, start, end);
    this.pending = 0;
    this.emitHeld();
  }

  private emitHeld(): void {
    const length = this.heldLength;
    this.heldLength = 0;
    this.onEvent(this.held, 0, length);
    if (this.held.length > HELD_BYTES) this.held = Buffer.allocUnsafe(0);
  }

  private hold(chunk: Buffer, start: number, end: number): void {
    this.pending += end - start;
    const kept = Math.min(end - start, MAX_EVENT_BYTES - this.heldLength);
    const needed = this.heldLength + kept;
    if (needed > this.held.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(MAX_EVENT_BYTES, Math.max(HELD_BYTES, needed, 2 * this.held.length)),
      );
      this.held.copy(larger, 0, 0, this.heldLength);
      this.held = larger;
    }
    chunk.copy(this.held, this.heldLength, start, start + kept);
    this.heldLength = needed;
  }
}

/** The last `event` field and the joined `data` fields of one event. */
export function sseFields(
  buffer: Buffer,
  start: number,
  end: number,
): { name: string | undefined; data: Buffer | undefined } {
  let name: string | undefined;
  const data: Buffer[] = [];
  let i = bytesAre(buffer, start, '\u00ef\u00bb\u00bf') ? start + 3 : start;
  while (i < end) {
    const found = nextLineEnd(buffer, i);
    const lineEnd = found < 0 || found > end ? end : found;
    if (bytesAre(buffer, i, 'data:')) data.push(buffer.subarray(valueStart(buffer, i + 5, lineEnd), lineEnd));
    else if (bytesAre(buffer, i, 'event:'))
      name = buffer.toString('latin1', valueStart(buffer, i + 6, lineEnd), lineEnd);
    i = lineEnd + 1;
  }
  if (data.length <= 1) return { name, data: data[0] };
  return {
    name,
    data: Buffer.concat(data.flatMap((line, index) => (index === 0 ? [line] : [NEW_LINE, line]))),
  };
}

const NEW_LINE = Buffer.from('\n');

function valueStart(buffer: Buffer, at: number, lineEnd: number): number {
  return at < lineEnd && buffer[at] === 0x20 ? at + 1 : at;
}

function nextLineEnd(buffer: Buffer, at: number): number {
  for (let i = at; i < buffer.length; i++) {
    const c = buffer[i];
    if (c === LF || c === CR) return i;
  }
  return -1;
}
