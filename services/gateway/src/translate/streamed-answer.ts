import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { UpstreamBroken } from '../proxy/errors.js';
import type { Finish } from './answer.js';
import { BlockOrder } from './block-order.js';
import type { AnswerWriter } from './surface-adapter.js';

/** From the library's stream parts to the surface's events, as text for the wire. */
export class StreamedAnswer {
  /** something was written: the answer can no longer be another one */
  begun = false;
  /** deltas written, for an estimate where upstream reports no usage */
  outputEvents = 0;
  private out = '';
  private named = false;
  private readonly order: BlockOrder;

  constructor(private readonly writer: AnswerWriter) {
    this.order = new BlockOrder({
      open: (start) => {
        this.begin();
        this.out += writer.open(start);
      },
      delta: (text) => {
        this.outputEvents++;
        this.out += writer.delta(text);
      },
      close: (block) => {
        this.out += writer.close(block);
      },
    });
  }

  /** @throws UpstreamBroken */
  push(part: LanguageModelV4StreamPart): string {
    if (part.type === 'response-metadata') {
      if (this.named) throw new UpstreamBroken('the provider began its answer twice');
      this.named = true;
      return '';
    }
    this.order.push(part);
    return this.take();
  }

  /** @throws UpstreamBroken */
  finish(finish: Finish): string {
    this.order.finish(finish.reason === 'length');
    this.begin();
    this.out += this.writer.end(finish);
    return this.take();
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.out += this.writer.begin();
  }

  private take(): string {
    const { out } = this;
    this.out = '';
    return out;
  }
}
