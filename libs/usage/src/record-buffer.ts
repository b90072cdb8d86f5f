import type { AttemptEvent, Bill, RequestEvent } from './events.js';
import * as at from './record-layout.js';

const FIRST_BYTES = 16_384;
const MOST_TEXT = 0xff;
const MOST_ATTEMPTS = 0xffff;

/** Records that wait to be written, one after the other, outside of the heap. */
export class RecordBuffer {
  private bytes: Buffer;
  private view: DataView;
  private length = 0;

  constructor(firstBytes = FIRST_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(firstBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** `open` is the number that names the attempt while it runs. */
  attempt(type: number, event: AttemptEvent, open: number | undefined): void {
    const start = this.begin(type, event.subject.number, at.TEXTS);
    const { view } = this;
    view.setFloat64(start + at.WHEN, event.at, true);
    view.setFloat64(start + at.SPAN, open ?? NaN, true);
    view.setFloat64(start + at.FIRST_TOKEN, NaN, true);
    view.setUint16(start + at.STATUS, 0, true);
    view.setUint16(start + at.ATTEMPTS, 1, true);
    view.setUint8(start + at.FLAGS, flagsOf(event.estimated, false, false));
    view.setUint8(start + at.ID_LENGTH, 0);
    view.setUint8(start + at.OUTCOME_LENGTH, 0);
    this.bill(start, event);
  }

  request(type: number, event: RequestEvent): void {
    const { requestId, outcome, bill } = event;
    const idLength = Math.min(requestId.length, MOST_TEXT);
    const outcomeLength = Math.min(outcome.length, MOST_TEXT);
    const start = this.begin(type, event.subject.number, at.TEXTS + idLength + outcomeLength);
    const { view, bytes } = this;
    view.setFloat64(start + at.WHEN, event.startedAt, true);
    view.setFloat64(start + at.SPAN, event.durationMs, true);
    view.setFloat64(start + at.FIRST_TOKEN, event.firstTokenMs ?? NaN, true);
    view.setUint16(start + at.STATUS, event.status, true);
    view.setUint16(start + at.ATTEMPTS, Math.min(event.attempts, MOST_ATTEMPTS), true);
    view.setUint8(start + at.FLAGS, flagsOf(bill.estimated, event.stream, event.error));
    view.setUint8(start + at.ID_LENGTH, idLength);
    view.setUint8(start + at.OUTCOME_LENGTH, outcomeLength);
    writeAscii(bytes, start + at.TEXTS, requestId, idLength);
    writeAscii(bytes, start + at.TEXTS + idLength, outcome, outcomeLength);
    this.bill(start, bill);
  }

  /** A number, or a text that it stands for. */
  note(type: number, number: number, text = ''): void {
    const bytes = Buffer.from(text);
    const start = this.begin(type, number, at.HEAD_BYTES + bytes.length);
    bytes.copy(this.bytes, start + at.HEAD_BYTES);
  }

  /** What was appended, until something else is. */
  get written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  clear(): void {
    this.length = 0;
  }

  private bill(start: number, bill: Bill): void {
    const { view } = this;
    view.setFloat64(start + at.INPUT, bill.inputTokens, true);
    view.setFloat64(start + at.OUTPUT, bill.outputTokens, true);
    view.setFloat64(start + at.CACHE_READ, bill.cacheReadTokens, true);
    view.setFloat64(start + at.CACHE_CREATION, bill.cacheCreationTokens, true);
    view.setFloat64(start + at.REASONING, bill.reasoningTokens, true);
    view.setFloat64(start + at.COST, bill.costNanoUsd ?? NaN, true);
  }

  /** Makes room for a record; answers where it starts. */
  private begin(type: number, number: number, length: number): number {
    const start = this.length;
    this.length = start + length;
    if (this.length > this.bytes.length) this.grow(start);
    this.view.setUint32(start, type + length * 256, true);
    this.view.setUint32(start + at.NUMBER, number, true);
    return start;
  }

  private grow(used: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.length, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, used);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

function flagsOf(estimated: boolean, stream: boolean, error: boolean): number {
  return (stream ? at.STREAM : 0) | (estimated ? at.ESTIMATED : 0) | (error ? at.ERROR : 0);
}

/** A few characters cost less so than a call out of JavaScript. */
function writeAscii(bytes: Buffer, start: number, text: string, length: number): void {
  for (let i = 0; i < length; i++) bytes[start + i] = text.charCodeAt(i);
}
