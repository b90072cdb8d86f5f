import { ConfigSource, parseConfig } from '@muxgate/config';
import { createLogger } from '@muxgate/runtime';
import { expect, test } from 'vitest';
import { warnOfTerms } from './warn-of-terms.js';

const snapshotOf = (...presets: string[]) =>
  parseConfig(
    `version: 1\noauthProviders:\n${presets
      .map((preset) => `  - { name: ${preset}, preset: ${preset}, acknowledgeTerms: true }\n`)
      .join('')}`,
    {},
  );

test('terms are said at the start, and when a revision adds them, once each', () => {
  const lines: string[] = [];
  const logger = createLogger('auth', 'warn', { write: (line) => void lines.push(line) });
  const said = () =>
    lines.splice(0).map((line) => (JSON.parse(line) as { oauthProvider: string }).oauthProvider);
  const config = new ConfigSource(snapshotOf('anthropic-max'));
  warnOfTerms(config, logger);
  expect(said()).toEqual(['anthropic-max']);
  config.swap(snapshotOf('anthropic-max', 'openai-codex'));
  expect(said()).toEqual(['openai-codex']);
});
