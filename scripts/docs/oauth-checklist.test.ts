import { expect, test } from 'vitest';
import { CHECKLIST, REASONS } from './oauth-checklist.items.ts';
import { renderOAuthChecklist } from './oauth-checklist.ts';

const proved = Object.keys(CHECKLIST).filter((item) => REASONS[item] === undefined);
const file = (items: readonly string[]) => ({
  'a.test.ts': items.map((item) => `it('${item} holds', x)`).join('\n'),
});

test('every item has a test or a reason', () => {
  expect(renderOAuthChecklist()).toContain('| S4 |');
});

test('an item that loses its test is an error that names it', () => {
  expect(() => renderOAuthChecklist(file(proved))).not.toThrow();
  expect(() => renderOAuthChecklist(file(proved.filter((item) => item !== 'S4')))).toThrow(
    'item S4 wants a test',
  );
});

test('an item that is not on the list is an error', () => {
  expect(() => renderOAuthChecklist(file([...proved, 'T99']))).toThrow('no checklist item T99');
});
