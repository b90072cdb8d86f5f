import { bytesAre, decodeString, textAt, valueAt, walkObject } from '@muxgate/json-scan';
import { SseSplitter, sseFields } from './sse-events.js';
import type { SurfaceName } from './surface.js';
import { estimateTokens, readUsage, type Usage } from './usage-reader.js';

/** What a streamed answer has shown so far. It looks at the bytes in passing, keeps no chunk and never throws. */
export interface StreamTap {
  push(chunk: Buffer): void;
  /** The upstream has ended. */
  end(): void;
  /** Something came that must not be taken back: the stream can no longer fail over. */
  readonly firstContentSeen: boolean;
  /** An event of ours may be written here. */
  readonly atEventBoundary: boolean;
  /** `message_stop`, `[DONE]`, `response.completed`, `.incomplete` or `.failed`. */
  readonly protocolEndSeen: boolean;
  /** An `error` event, a chat chunk with `error`, or `response.failed`. */
  readonly errorEventSeen: boolean;
  /** What names the kind of the error that was seen: its `type`, `code`, or both. */
  readonly errorKinds: readonly string[];
  /** The latest that upstream reported; final once the protocol's end was seen. */
  readonly usage: Usage | undefined;
  /** An estimate of the output so far, for where upstream reports no usage. */
  readonly outputTokens: number;
}

export function createStreamTap(protocol: SurfaceName): StreamTap {
  switch (protocol) {
    case 'anthropic-messages':
      return new AnthropicTap();
    case 'openai-chat':
      return new ChatTap();
    case 'openai-responses':
      return new ResponsesTap();
  }
}

/** Fields of a delta that are not the model's words. */
const NO_TEXT = new Set(['type', 'role', 'id', 'index', 'finish_reason', 'signature']);

abstract class Tap implements StreamTap {
  firstContentSeen = false;
  protocolEndSeen = false;
  errorEventSeen = false;
  errorKinds: readonly string[] = [];
  usage: Usage | undefined;
  private outputEvents = 0;
  private outputBytes = 0;
  /** of an event beside its text, as the first one was */
  private frameBytes: number | undefined;
  private readonly splitter = new SseSplitter((buffer, start, end) => this.read(buffer, start, end));

  get atEventBoundary(): boolean {
    return this.splitter.atBoundary;
  }

  push(chunk: Buffer): void {
    this.splitter.push(chunk);
  }

  end(): void {
    this.splitter.end();
  }

  get outputTokens(): number {
    const text = this.outputBytes - this.outputEvents * (this.frameBytes ?? 0);
    return Math.max(this.outputEvents, estimateTokens(text));
  }

  protected countOutput(buffer: Buffer, start: number, end: number): void {
    let [from, to] = [start, end];
    // a line end may be cut in two, and then belongs to either event
    while (from < to && isLineEnd(buffer[from])) from++;
    while (from < to && isLineEnd(buffer[to - 1])) to--;
    this.outputEvents++;
    this.outputBytes += to - from;
    this.frameBytes ??= to - from - textBytes(sseFields(buffer, start, end).data);
  }

  protected abstract read(buffer: Buffer, start: number, end: number): void;
}

/** Protocols whose events are named, on the `event` line and again as `type` in the data. */
abstract class NamedEventTap extends Tap {
  protected override read(buffer: Buffer, start: number, end: number): void {
    if (this.firstContentSeen && this.isPlainDelta(buffer, start))
      return this.countOutput(buffer, start, end);
    const { name, data } = sseFields(buffer, start, end);
    if (data === undefined) return;
    const type = name ?? typeOf(data);
    if (type === undefined) return;
    if (type.endsWith('delta') && type !== 'message_delta') this.countOutput(buffer, start, end);
    this.readEvent(type, data);
  }

  /** Whether the event line alone tells that there is no more to see than output: nearly all events. */
  protected abstract isPlainDelta(buffer: Buffer, start: number): boolean;
  protected abstract readEvent(type: string, data: Buffer): void;
}

class AnthropicTap extends NamedEventTap {
  protected override isPlainDelta(buffer: Buffer, start: number): boolean {
    return bytesAre(buffer, start, 'event: content_block_delta');
  }

  protected override readEvent(type: string, data: Buffer): void {
    switch (type) {
      case 'ping':
        return;
      case 'error':
        this.errorEventSeen = true;
        this.errorKinds = kindsOf(data, ['error']);
        return;
      case 'message_start':
        this.usage = readUsage(
          'anthropic-messages',
          data,
          valueAt(data, 0, ['message', 'usage']),
          this.usage,
        );
        return;
      case 'message_delta':
        this.usage = readUsage('anthropic-messages', data, valueAt(data, 0, ['usage']), this.usage);
        break;
      case 'message_stop':
        this.protocolEndSeen = true;
        break;
    }
    this.firstContentSeen = true;
  }
}

class ResponsesTap extends NamedEventTap {
  protected override isPlainDelta(buffer: Buffer, start: number): boolean {
    if (!bytesAre(buffer, start, 'event: response.')) return false;
    let lineEnd = start;
    while (buffer[lineEnd]! >= 0x20) lineEnd++;
    return bytesAre(buffer, lineEnd - 6, '.delta');
  }

  protected override readEvent(type: string, data: Buffer): void {
    switch (type) {
      case 'ping':
      case 'keepalive':
      case 'response.created':
      case 'response.queued':
      case 'response.in_progress':
        return;
      case 'error':
        this.errorEventSeen = true;
        this.errorKinds = [...kindsOf(data, ['error']), ...kindsOf(data, [])];
        return;
      case 'response.failed':
        this.errorEventSeen = true;
        this.errorKinds = kindsOf(data, ['response', 'error']);
        this.readEnd(data);
        return;
      case 'response.completed':
      case 'response.incomplete':
        this.readEnd(data);
    }
    this.firstContentSeen = true;
  }

  private readEnd(data: Buffer): void {
    this.protocolEndSeen = true;
    this.usage = readUsage('openai-responses', data, valueAt(data, 0, ['response', 'usage']), this.usage);
  }
}

class ChatTap extends Tap {
  private chunk: Buffer | undefined;
  private nextMark = -1;

  override push(chunk: Buffer): void {
    this.chunk = chunk;
    this.nextMark = -1;
    super.push(chunk);
    this.chunk = undefined;
  }

  protected override read(buffer: Buffer, start: number, end: number): void {
    if (this.firstContentSeen && this.isPlainDelta(buffer, start, end))
      return this.countOutput(buffer, start, end);
    const { name, data } = sseFields(buffer, start, end);
    if (data === undefined) return;
    if (bytesAre(data, 0, '[DONE]')) {
      this.protocolEndSeen = true;
      return;
    }
    let failed = name === 'error';
    let reported = false;
    walkObject(data, 0, ['usage', 'error'], (field, from, to) => {
      if (data[from] !== 0x7b /* { */ && (field === 'usage' || data[from] !== 0x22) /* " */) return;
      if (field === 'error') failed = true;
      else {
        const usage = readUsage('openai-chat', data, { start: from, end: to });
        if (usage !== undefined) this.usage = usage;
        reported = usage !== undefined;
      }
    });
    if (failed) {
      this.errorEventSeen = true;
      this.errorKinds = kindsOf(data, ['error']);
      return;
    }
    this.firstContentSeen ||= hasChatContent(data);
    if (this.firstContentSeen && !reported && data[0] === 0x7b) this.countOutput(buffer, start, end);
  }

  /**
   * Chat events have no names, so the chunk is searched once for what only a report of usage or an error can
   * hold: inside strings these quotes would be escaped.
   */
  private isPlainDelta(buffer: Buffer, start: number, end: number): boolean {
    if (buffer !== this.chunk || !bytesAre(buffer, start, 'data: {')) return false;
    if (this.nextMark < start) {
      this.nextMark = Math.min(position(buffer, '_tokens"', start), position(buffer, '"error"', start));
    }
    return this.nextMark >= end;
  }
}

function position(buffer: Buffer, text: string, from: number): number {
  const found = buffer.indexOf(text, from, 'latin1');
  return found < 0 ? Infinity : found;
}

function kindsOf(data: Buffer, path: readonly string[]): string[] {
  const error = path.length === 0 ? { start: 0, end: data.length } : valueAt(data, 0, path);
  const kinds = ['code', 'type'].map((key) => textAt(data, error, key));
  return kinds.filter((kind) => kind !== undefined);
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/** Of a delta, what the model has written: text, thought or a tool's arguments. */
function textBytes(data: Buffer | undefined): number {
  try {
    const { delta, choices } = JSON.parse(data?.toString() ?? '') as { delta?: unknown; choices?: unknown };
    return textIn(delta ?? choices);
  } catch {
    return 0;
  }
}

function textIn(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => (NO_TEXT.has(name) ? sum : sum + textIn(inner)),
    0,
  );
}

function typeOf(data: Buffer): string | undefined {
  const type = valueAt(data, 0, ['type']);
  return type && decodeString(data, type.start, type.end);
}

/** The first chunk names the role only; content is anything else in a delta, or the reason why it ended. */
function hasChatContent(data: Buffer): boolean {
  try {
    const chunk = JSON.parse(data.toString()) as {
      choices?: Array<{ delta?: object; finish_reason?: unknown }>;
    };
    return (chunk.choices ?? []).some(
      (choice) =>
        isFilled(choice.finish_reason) ||
        Object.entries(choice.delta ?? {}).some(([key, value]) => key !== 'role' && isFilled(value)),
    );
  } catch {
    return false;
  }
}

function isFilled(value: unknown): boolean {
  return value != null && value !== '' && !(Array.isArray(value) && value.length === 0);
}
