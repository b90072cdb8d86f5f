import { describe, expect, it } from 'vitest';
import { allValid } from './all-valid.js';
import { defineError, InvalidInput } from './errors.js';

const RingInvalid = defineError('RingInvalid', 'config_ring', 500);
const fail = (error: Error) => () => {
  throw error;
};

describe('allValid', () => {
  it('answers every result, in order', async () => {
    expect(
      await allValid(
        () => 1,
        () => Promise.resolve('two'),
      ),
    ).toEqual([1, 'two']);
  });

  it('gathers the problems of all that failed', async () => {
    const environment = new InvalidInput('the environment', ['PORT: wrong'], 'environment_invalid');
    const file = new InvalidInput('muxgate.yaml', ['models: none', 'router: odd'], 'config_invalid');
    const gathered = allValid(
      fail(environment),
      () => Promise.reject(file),
      fail(new RingInvalid('ring: short')),
    );
    await expect(gathered).rejects.toMatchObject({
      subject: 'the environment and muxgate.yaml and the start',
      problems: ['PORT: wrong', 'models: none', 'router: odd', 'ring: short'],
    });
  });

  it('keeps a single failure as it is, and never hides a bug behind a mistake of the operator', async () => {
    const environment = new InvalidInput('the environment', ['PORT: wrong'], 'environment_invalid');
    await expect(allValid(fail(environment), () => 1)).rejects.toBe(environment);
    await expect(allValid(fail(environment), fail(new TypeError('bug')))).rejects.toThrow('bug');
  });
});
