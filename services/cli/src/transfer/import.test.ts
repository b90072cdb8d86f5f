import { expect, it } from 'vitest';
import { readExport } from './import.ts';

const header = '{"type":"header","version":1}';
const item = '{"type":"credential","credential":"a","kind":"oauth","provider":"p","jwe":"eyJ"}';
const end = '{"type":"end","exported":1,"skipped":0}';

it('an export is its credentials and what was skipped', () => {
  const skipped = '{"type":"skipped","credential":"b","reason":"envelope_invalid"}';
  expect(readExport([header, item, skipped, end, ''].join('\n'), 'file')).toMatchObject({
    items: [{ credential: 'a', kind: 'oauth', provider: 'p', jwe: 'eyJ' }],
    skipped: [{ credential: 'b', reason: 'envelope_invalid' }],
  });
});

it.each([
  ['cut off', [header, item].join('\n')],
  ['without its beginning', [item, end].join('\n')],
  ['empty', ''],
  ['something else', 'version: 1'],
])('one that is %s is refused', (_what, text) => {
  expect(() => readExport(text, 'backup.jsonl')).toThrow('backup.jsonl is not a');
});
