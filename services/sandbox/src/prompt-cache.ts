import { createHash } from 'node:crypto';
import { countTokens, isObject } from './json.js';

const MAX_PREFIXES = 5_000;

export interface PromptTokens {
  readonly total: number;
  readonly read: number;
  readonly written: number;
}

export interface PromptBlock {
  readonly content: unknown;
  /** A cache breakpoint: the prefix that ends here is kept. */
  readonly marked: boolean;
}

/** What a prompt costs where no cache takes part. */
export function uncachedTokens(blocks: readonly PromptBlock[]): PromptTokens {
  return { total: blocks.reduce((sum, { content }) => sum + countTokens(content), 0), read: 0, written: 0 };
}

/** Remembers prompt prefixes as the vendors' prompt caches do: first sight writes, later sight reads. */
export class PromptCache {
  private readonly seen = new Set<string>();

  measure(blocks: readonly PromptBlock[]): PromptTokens {
    const last = blocks.findLastIndex((block) => block.marked);
    const hash = createHash('sha256');
    let total = 0;
    let read = 0;
    let kept = 0;
    blocks.forEach((block, index) => {
      total += countTokens(block.content);
      if (index > last) return;
      hash.update(JSON.stringify(withoutMarker(block.content)));
      if (!block.marked) return;
      kept = total;
      if (!this.remember(hash.copy().digest('base64'))) read = total;
    });
    return { total, read, written: kept - read };
  }

  /** @returns whether the prefix is new. */
  private remember(prefix: string): boolean {
    const fresh = !this.seen.delete(prefix);
    this.seen.add(prefix);
    const [oldest] = this.seen;
    if (this.seen.size > MAX_PREFIXES && oldest !== undefined) this.seen.delete(oldest);
    return fresh;
  }
}

/** Breakpoints move along as a conversation grows; they are not part of what is cached. */
function withoutMarker(content: unknown): unknown {
  if (!isObject(content) || !('cache_control' in content)) return content;
  const { cache_control: _marker, ...rest } = content;
  return rest;
}
