import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { UpstreamBroken } from '../proxy/errors.js';
import { estimateTokens } from '../proxy/usage-reader.js';
import type { Finish } from './answer.js';
import { BlockOrder } from './block-order.js';
import { streamedFinish } from './finish.js';
import type { AnswerWriter } from './surface-adapter.js';
import { streamError } from './translation-error.js';

/** From the library's stream parts to the surface's events, as text for the wire. */
export class StreamedAnswer {
  /** something was written: the answer can no longer be another one */
  begun = false;
  private deltas = 0;
  private deltaBytes = 0;
  /** set once the answer is whole */
  finished: Finish | undefined;
  private out = '';
  private named = false;
  private readonly order: BlockOrder;

  constructor(
    private readonly writer: AnswerWriter,
    private readonly provider: string,
  ) {
    this.order = new BlockOrder({
      open: (start) => {
        this.begin();
        this.out += writer.open(start);
      },
      delta: (text) => {
        this.deltas++;
        this.deltaBytes += Buffer.byteLength(text);
        this.out += writer.delta(text);
      },
      close: (block) => {
        this.out += writer.close(block);
      },
    });
  }

  /** @throws UpstreamBroken, StreamTruncated, UpstreamRefused for an error that came as an event */
  push(part: LanguageModelV4StreamPart): string {
    switch (part.type) {
      case 'error':
        throw streamError(part.error, this.provider);
      case 'response-metadata':
        if (this.named) throw new UpstreamBroken(`provider ${this.provider} began its answer twice`);
        this.named = true;
        return '';
      case 'finish':
        return this.finish(streamedFinish(part, this.provider));
      default:
        this.order.push(part);
        return this.take();
    }
  }

  /** An estimate of what was written, for where upstream reports no usage. */
  get outputTokens(): number {
    return Math.max(this.deltas, estimateTokens(this.deltaBytes));
  }

  private finish(finish: Finish): string {
    this.order.finish(finish.reason === 'length');
    this.begin();
    this.out += this.writer.end(finish);
    this.finished = finish;
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
