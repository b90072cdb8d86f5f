import { describe, expect, it } from 'vitest';
import { isOwned, ownCredential } from './own-credential.js';

describe('a credential of the caller’s own', () => {
  const owner = { id: 'key_1', team: 'core' };

  it.each([
    ['copilot-{client}', 'copilot-key_1'],
    ['{team}', 'core'],
    ['{team}.{client}.{team}', 'core.key_1.core'],
    ['shared', 'shared'],
  ])('%s is %s', (template, id) => {
    expect(ownCredential(template, owner)).toBe(id);
  });

  it('is none for a client without a team, or of a team whose name no id can hold', () => {
    expect(ownCredential('x-{team}', { id: 'key_1' })).toBe('');
    expect(ownCredential('x-{team}', { id: 'key_1', team: 'two words' })).toBe('');
    expect(ownCredential('x-{team}', { id: 'key_1', team: '{client}' })).toBe('');
    expect(ownCredential('x-{team}', { id: 'key_1', team: 'long'.repeat(32) })).toBe('');
  });

  it('belongs to those whose auth names a placeholder, or passes through', () => {
    expect(isOwned({ type: 'oauth', credential: 'x-{client}' })).toBe(true);
    expect(isOwned({ type: 'storedKey', credential: '{team}' })).toBe(true);
    expect(isOwned({ type: 'passthrough' })).toBe(true);
    expect(isOwned({ type: 'oauth', credential: 'x' })).toBe(false);
    expect(isOwned({ type: 'none' })).toBe(false);
  });
});
