const MAX_LENGTH = 1000;
/** Tokens that matter, with escapes and character classes matched first so that what they hold is not mistaken. */
const TOKENS = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\(\?<?[=!]/g;

/** What makes a text unusable as a linear-time (RE2) pattern; undefined when nothing does. */
export function patternMistake(text: string): string | undefined {
  if (text === '') return 'must not be empty';
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  const source = text.replace(/^\(\?i\)/, '');
  for (const [token] of source.matchAll(TOKENS)) {
    if (token.startsWith('(?')) return 'is not an RE2 pattern: it has no look-ahead or look-behind';
    if (/^\\[1-9k]/.test(token)) return 'is not an RE2 pattern: it has no back-references';
  }
  try {
    RegExp(source);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(error.message.lastIndexOf(': ') + 2) : '';
    return `is not a pattern: ${reason}`;
  }
}
