import { RE2JS } from 're2js';

const MAX_LENGTH = 1000;

/** What makes a text unusable as a linear-time (RE2) pattern; undefined when nothing does. */
export function patternMistake(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  try {
    RE2JS.compile(text);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace('error parsing regexp: ', '') : '';
    return `is not an RE2 pattern: ${reason}`;
  }
}
