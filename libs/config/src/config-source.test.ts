import { expect, test } from 'vitest';
import { ConfigSource, parseConfig } from './index.js';

const revision = (number: number) => parseConfig('version: 1', {}, { revision: number });

test('a swap is seen by the next reader, not by the one that has the old snapshot', () => {
  const source = new ConfigSource(revision(1));
  const held = source.current();
  source.swap(revision(2));
  expect([held.revision, source.current().revision]).toEqual([1, 2]);
});

test('listeners hear of swaps until they stop', () => {
  const source = new ConfigSource(revision(1));
  const heard: number[][] = [];
  const stop = source.onChange((next, previous) => heard.push([previous.revision, next.revision]));
  source.swap(revision(2));
  stop();
  source.swap(revision(3));
  expect(heard).toEqual([[1, 2]]);
});
