import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { expect, test } from 'vitest';
import { renderProviderReference } from './providers.js';

test('docs/providers.md is current', async () => {
  const style = await resolveConfig('package.json');
  expect(await readFile('docs/providers.md', 'utf8')).toBe(
    await format(renderProviderReference(), { ...style, parser: 'markdown' }),
  );
});
