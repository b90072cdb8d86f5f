import { createTwoFilesPatch } from 'diff';

/** A unified diff of two documents; empty where they are equal. */
export function diffOf(before: Named, after: Named): string {
  if (before.text === after.text) return '';
  const patch = createTwoFilesPatch(before.name, after.name, before.text, after.text, undefined, undefined, {
    context: 3,
    timeout: DIFF_MS,
  });
  return patch ?? `--- ${before.name}\n+++ ${after.name}\n(too different to compare)\n`;
}

export interface Named {
  readonly name: string;
  readonly text: string;
}

/** Two documents that share nothing would take the comparison long. */
const DIFF_MS = 1_000;
