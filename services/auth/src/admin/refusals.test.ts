import type { AuditEntry } from '@muxgate/audit';
import { expect, it } from 'vitest';
import { Refusals, type Refusal } from './refusals.js';

const attempt = (more: Partial<Refusal> = {}): Refusal => ({
  actor: 'anonymous',
  address: '192.0.2.1',
  method: 'GET',
  route: '/api/keys',
  subject: '-',
  status: 401,
  code: 'unauthorized',
  ...more,
});

function refusals(clock: { now: number }): {
  entries: AuditEntry[];
  note: (refusal: Refusal) => Promise<void>;
} {
  const entries: AuditEntry[] = [];
  const kept = new Refusals({ record: async (entry) => void entries.push(entry) }, () => clock.now);
  return { entries, note: (refusal) => kept.note(refusal) };
}

it('writes the same attempt once a minute, and how many it left out', async () => {
  const clock = { now: 0 };
  const { entries, note } = refusals(clock);
  for (let i = 0; i < 100; i++) await note(attempt());
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({ action: 'GET /api/keys', outcome: 'refused', from: '192.0.2.1' });
  clock.now = 60_000;
  await note(attempt());
  expect(entries[1]?.details).toEqual({ status: 401, code: 'unauthorized', suppressed: 99 });
});

it('writes at most sixty different ones a minute', async () => {
  const { entries, note } = refusals({ now: 0 });
  for (let i = 0; i < 1_000; i++) await note(attempt({ address: `192.0.2.${i}` }));
  expect(entries).toHaveLength(60);
});

it('writes what one actor tries on each subject, also while others flood', async () => {
  const { entries, note } = refusals({ now: 0 });
  for (let i = 0; i < 1_000; i++) await note(attempt({ address: `192.0.2.${i}` }));
  const forbidden = {
    actor: 'eve',
    method: 'DELETE',
    route: '/api/keys/:id',
    status: 403,
    code: 'role_required',
  };
  for (const subject of ['key_1', 'key_2', 'key_1']) await note(attempt({ ...forbidden, subject }));
  expect(entries.slice(60).map(({ subject }) => subject)).toEqual(['key_1', 'key_2']);
});

it('does not tell made-up subjects of unknown callers apart', async () => {
  const { entries, note } = refusals({ now: 0 });
  for (let i = 0; i < 100; i++) await note(attempt({ subject: `made-up-${i}` }));
  expect(entries).toHaveLength(1);
});

it('tells a failed change from a refused caller', async () => {
  const { entries, note } = refusals({ now: 0 });
  await note(
    attempt({ actor: 'root', method: 'PUT', route: '/api/config', status: 422, code: 'config_invalid' }),
  );
  expect(entries[0]).toMatchObject({ actor: 'root', action: 'PUT /api/config', outcome: 'failure' });
});
