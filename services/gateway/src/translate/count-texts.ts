/**
 * What `TokenCounter` runs in a thread of its own: the vocabulary takes a second to load and a long text some hundred
 * milliseconds to count, during which an event loop would serve nobody. In tests this file runs as it stands, so it
 * imports none of ours.
 */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

export interface CountTask {
  readonly text: string;
  /** PDFs in base64 */
  readonly documents: readonly string[];
}

export interface TextCount {
  readonly text: number;
  /** of all documents */
  readonly pages: number;
}

/** The tokenizer's time is quadratic in the length of one word. */
const LONG_WORD = /\S{64}(?=\S)/g;
const PDF_PAGE = /\/Type\s*\/Page(?![a-zA-Z])/g;
/** A text that holds the tokenizer's own marks is text. */
const OPTIONS = { disallowedSpecial: new Set<string>() };

export default function countTexts({ text, documents }: CountTask): TextCount {
  return {
    text: countTokens(text.replace(LONG_WORD, '$& '), OPTIONS),
    pages: documents.reduce((sum, document) => sum + pagesOf(document), 0),
  };
}

/** One at least: page objects may be compressed. */
function pagesOf(base64: string): number {
  return Math.max(1, Buffer.from(base64, 'base64').toString('latin1').match(PDF_PAGE)?.length ?? 0);
}
