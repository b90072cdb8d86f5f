import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderConfigurationReference } from './configuration.js';

test('docs/reference/configuration.md is current', async () => {
  expect(await readFile('docs/reference/configuration.md', 'utf8')).toBe(renderConfigurationReference());
});
