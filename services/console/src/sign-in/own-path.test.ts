import { describe, expect, it } from 'vitest';
import { ownPath } from './own-path.ts';

describe('the way back after the sign-in', () => {
  it.each(['/', '/usage?from=2026-11-01', '/credentials/oauth/a%2Fb'])('may be %s', (path) => {
    expect(ownPath(path)).toBe(path);
  });

  it.each([
    null,
    '',
    'usage',
    '//evil.example/',
    '/\\evil.example/',
    '~//evil.example/',
    'https://evil.example/',
    'javascript:alert(1)',
  ])('is the overview instead of %j', (path) => {
    expect(ownPath(path)).toBe('/');
  });
});
