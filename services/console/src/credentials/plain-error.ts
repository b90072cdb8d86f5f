import type { Token } from '../api/types.ts';
import { text } from '../text.ts';

/** What went wrong in plain words, where we know them; else what the server says. */
export function plainError({ code, message }: Required<Token>['lastError']): string {
  return Object.hasOwn(text.plainErrors, code) ? (text.plainErrors[code] ?? message) : `${code}: ${message}`;
}
