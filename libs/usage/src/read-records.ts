import type { AttemptEvent, Bill, RequestEvent, RequestFacts, Subject } from './events.js';
import * as at from './record-layout.js';

export interface EventRecord {
  readonly type: number;
  /** of what it is about */
  readonly number: number;
  /** all of it */
  readonly bytes: Buffer;
}

/** As far as they are whole: the last one of a process that was killed while it wrote is not. */
export function readRecords(bytes: Buffer): EventRecord[] {
  const records: EventRecord[] = [];
  for (let start = 0; start + at.HEAD_BYTES <= bytes.length;) {
    const end = start + recordLength(bytes, start);
    if (end < start + at.HEAD_BYTES || end > bytes.length) break;
    const number = bytes.readUInt32LE(start + at.NUMBER);
    records.push({ type: bytes[start] as number, number, bytes: bytes.subarray(start, end) });
    start = end;
  }
  return records;
}

export function recordLength(bytes: Buffer, start = 0): number {
  return bytes.readUIntLE(start + at.LENGTH, 3);
}

export function readNote({ bytes }: EventRecord): string {
  return bytes.toString('utf8', at.HEAD_BYTES);
}

export function readAttempt({ bytes }: EventRecord, subject: Subject): AttemptEvent {
  return { type: 'attempt', at: bytes.readDoubleLE(at.WHEN), subject, ...readBill(bytes) };
}

/** By which the attempt was named while it ran. */
export function readOpen({ bytes }: EventRecord): number | undefined {
  return known(bytes.readDoubleLE(at.SPAN)) ?? undefined;
}

export function readRequest({ bytes }: EventRecord, subject: Subject): RequestEvent {
  const error = has(bytes, at.ERROR);
  return { type: 'request', subject, error, ...readFacts(bytes), bill: readBill(bytes) };
}

export function readFacts(bytes: Buffer): RequestFacts {
  const outcome = at.TEXTS + bytes.readUInt8(at.ID_LENGTH);
  return {
    requestId: bytes.toString('latin1', at.TEXTS, outcome),
    startedAt: bytes.readDoubleLE(at.WHEN),
    status: bytes.readUInt16LE(at.STATUS),
    outcome: bytes.toString('latin1', outcome, outcome + bytes.readUInt8(at.OUTCOME_LENGTH)),
    stream: has(bytes, at.STREAM),
    attempts: bytes.readUInt16LE(at.ATTEMPTS),
    durationMs: bytes.readDoubleLE(at.SPAN),
    firstTokenMs: known(bytes.readDoubleLE(at.FIRST_TOKEN)),
  };
}

export function readBill(bytes: Buffer): Bill {
  return {
    inputTokens: bytes.readDoubleLE(at.INPUT),
    outputTokens: bytes.readDoubleLE(at.OUTPUT),
    cacheReadTokens: bytes.readDoubleLE(at.CACHE_READ),
    cacheCreationTokens: bytes.readDoubleLE(at.CACHE_CREATION),
    reasoningTokens: bytes.readDoubleLE(at.REASONING),
    costNanoUsd: known(bytes.readDoubleLE(at.COST)),
    estimated: has(bytes, at.ESTIMATED),
  };
}

function has(bytes: Buffer, flag: number): boolean {
  return (bytes.readUInt8(at.FLAGS) & flag) !== 0;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
