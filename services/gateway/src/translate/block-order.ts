import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { UpstreamBroken } from '../proxy/errors.js';
import type { Block, BlockStart } from './answer.js';
import { parseObject } from './json.js';

export interface BlockSink {
  open(start: BlockStart): void;
  delta(text: string): void;
  close(block: Block): void;
}

interface Entry {
  start: BlockStart;
  text: string;
  /** what came while another block was open */
  held: string;
  signature: string | undefined;
  /** texts and thoughts open with their first content: vendors refuse empty blocks when they come back */
  opened: boolean;
  ended: boolean;
  closed: boolean;
}

/**
 * Puts the parts of a streamed answer in order: one block is open at a time, as Anthropic's events demand, and what
 * belongs to a later block is held until its turn. Upstreams may interleave the arguments of parallel calls, and the
 * library ends texts and calls late: a text ends when another block begins, a call when its arguments are whole.
 *
 * @throws UpstreamBroken where the parts make no sense: a second start, a delta without one, broken arguments
 */
export class BlockOrder {
  private readonly entries = new Map<string, Entry>();
  private readonly waiting: Entry[] = [];
  private current: Entry | undefined;

  constructor(private readonly sink: BlockSink) {}

  push(part: LanguageModelV4StreamPart): void {
    switch (part.type) {
      case 'text-start':
        return this.start(`text ${part.id}`, { kind: 'text' });
      case 'reasoning-start': {
        const data = anthropicText(part.providerMetadata, 'redactedData');
        this.start(
          `reasoning ${part.id}`,
          data === undefined ? { kind: 'thinking' } : { kind: 'redacted', data },
        );
        return this.sign(part);
      }
      case 'tool-input-start':
        if (part.providerExecuted === true) return;
        return this.start(`tool ${part.id}`, { kind: 'tool', id: part.id, name: part.toolName });
      case 'text-delta':
        return this.delta(`text ${part.id}`, part.delta);
      case 'reasoning-delta':
        this.sign(part);
        return this.delta(`reasoning ${part.id}`, part.delta);
      case 'tool-input-delta':
        return this.delta(`tool ${part.id}`, part.delta);
      case 'text-end':
        return this.end(`text ${part.id}`);
      case 'reasoning-end':
        this.sign(part);
        this.hide(part);
        return this.end(`reasoning ${part.id}`);
      case 'tool-input-end':
        return this.end(`tool ${part.id}`);
      case 'tool-call':
        if (part.providerExecuted === true) return;
        return this.call(part.toolCallId, part.toolName, part.input);
    }
  }

  /** The answer is over; `cut` says that it hit its limit, where arguments may break off. */
  finish(cut: boolean): void {
    for (const entry of this.entries.values()) entry.ended = true;
    this.advance(cut);
    if (this.current !== undefined) throw broken('broken tool arguments');
  }

  private start(key: string, start: BlockStart): void {
    const before = this.entries.get(key);
    if (before !== undefined && (start.kind === 'tool' || !before.ended))
      throw broken('a block that began twice');
    this.add(key, start);
    this.advance(false);
  }

  private add(key: string, start: BlockStart): Entry {
    const entry: Entry = {
      start,
      text: '',
      held: '',
      signature: undefined,
      opened: false,
      ended: false,
      closed: false,
    };
    this.entries.set(key, entry);
    this.waiting.push(entry);
    return entry;
  }

  private delta(key: string, text: string): void {
    let entry = this.entries.get(key);
    if (entry === undefined) throw broken('a delta of a block that never began');
    if (text === '') return;
    if (entry.closed) {
      if (entry.start.kind === 'tool') {
        if (text.trim() === '') return;
        throw broken('more arguments than a tool call has');
      }
      entry = this.add(key, entry.start);
    }
    entry.text += text;
    if (entry === this.current) {
      this.open(entry);
      this.sink.delta(text);
    } else {
      entry.held += text;
      this.advance(false);
    }
  }

  private end(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    entry.ended = true;
    this.advance(false);
  }

  private call(id: string, name: string, input: string): void {
    const key = `tool ${id}`;
    if (!this.entries.has(key)) this.start(key, { kind: 'tool', id, name });
    if (this.entries.get(key)?.text === '') this.delta(key, input);
    this.end(key);
  }

  private sign(part: { id: string; providerMetadata?: Readonly<Record<string, unknown>> }): void {
    const entry = this.entries.get(`reasoning ${part.id}`);
    const signature = anthropicText(part.providerMetadata, 'signature');
    if (entry !== undefined && signature !== undefined) entry.signature = signature;
  }

  /** Bedrock says only at its end that a thought is a hidden one. */
  private hide(part: { id: string; providerMetadata?: Readonly<Record<string, unknown>> }): void {
    const entry = this.entries.get(`reasoning ${part.id}`);
    const data = anthropicText(part.providerMetadata, 'redactedData');
    if (entry === undefined || data === undefined || entry.opened) return;
    entry.start = { kind: 'redacted', data };
    if (entry === this.current) this.open(entry);
  }

  private advance(cut: boolean): void {
    for (;;) {
      if (this.current !== undefined) {
        if (!this.isOver(this.current, cut)) return;
        this.close(this.current);
      }
      this.current = this.waiting.shift();
      if (this.current === undefined) return;
      const { start, held } = this.current;
      if (start.kind === 'tool' || start.kind === 'redacted' || held !== '') this.open(this.current);
      if (held !== '') this.sink.delta(held);
      this.current.held = '';
    }
  }

  private open(entry: Entry): void {
    if (entry.opened) return;
    entry.opened = true;
    this.sink.open(entry.start);
  }

  private isOver(entry: Entry, cut: boolean): boolean {
    if (!entry.ended && this.waiting.length === 0) return false;
    if (entry.start.kind !== 'tool') return true;
    if (entry.ended && cut) return true;
    const begun = entry.ended || entry.text.trimEnd().endsWith('}');
    return begun && parseObject(entry.text.trim()) !== undefined;
  }

  private close(entry: Entry): void {
    if (entry.start.kind === 'tool' && entry.text.trim() === '') {
      entry.text = '{}';
      this.sink.delta('{}');
    }
    entry.closed = true;
    if (entry.signature !== undefined) this.open(entry);
    if (entry.opened) this.sink.close(entry);
  }
}

/** A value that Anthropic attaches to a thought; at Bedrock a hidden one has another name. */
export function anthropicText(
  metadata: Readonly<Record<string, unknown>> | undefined,
  name: 'signature' | 'redactedData',
): string | undefined {
  const told = (metadata?.['anthropic'] ?? metadata?.['amazonBedrock']) as
    Readonly<Record<string, unknown>> | undefined;
  const value = told?.[name] ?? (name === 'redactedData' ? told?.['redactedContent'] : undefined);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function broken(what: string): Error {
  return new UpstreamBroken(`the provider sent ${what}`);
}
