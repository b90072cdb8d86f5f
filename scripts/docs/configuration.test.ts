import { readFile } from 'node:fs/promises';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { renderConfigurationReference } from './configuration.js';

test('docs/reference/configuration.md is current', async () => {
  const written = await readFile('docs/reference/configuration.md', 'utf8');
  expect(written).toBe(await format(renderConfigurationReference(), { parser: 'markdown', printWidth: 110 }));
});
