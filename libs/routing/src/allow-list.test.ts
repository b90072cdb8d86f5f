import { describe, expect, it } from 'vitest';
import { isAllowed } from './allow-list.js';

describe('a list of what is allowed', () => {
  it.each([
    [['claude-*'], 'claude-sonnet', true],
    [['claude-*'], 'my-claude-sonnet', false],
    [['*'], 'anything/at:all', true],
    [['*-mini', 'gpt'], 'gpt', true],
    [['*-mini', 'gpt'], 'gpt-5-mini', true],
    [['*-mini', 'gpt'], 'gpt-5', false],
    [['a.c'], 'abc', false],
    [['a|b'], 'a', false],
    [['(a'], '(a', true],
    [[], 'a', false],
    [[], '', false],
  ])('%j and %s: %s', (list, name, allowed) => {
    expect(isAllowed(list, name)).toBe(allowed);
  });

  it('allows everything where there is none', () => {
    expect(isAllowed(undefined, 'a')).toBe(true);
  });
});
