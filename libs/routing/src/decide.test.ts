import { parseConfig } from '@muxgate/config';
import { scanBody } from '@muxgate/json-scan';
import { stringify } from 'yaml';
import { describe, expect, it } from 'vitest';
import { bodyOf, ROUTER_CASES } from '../../../test/support/router-cases.ts';
import { decide } from './decide.js';
import { RequestSignals } from './request-signals.js';
import { Routers } from './routers.js';

const MODELS = 'asked default search think back image long rule sub'.split(' ');

function snapshotOf(router: Record<string, unknown>) {
  return parseConfig(
    stringify({
      version: 1,
      providers: [{ name: 'p', preset: 'anthropic', auth: { type: 'none' } }],
      models: MODELS.map((name) => ({ name: `m-${name}`, targets: [{ provider: 'p', model: 'x' }] })),
      router,
    }),
    {},
  );
}

describe('decide', () => {
  it.each(ROUTER_CASES.map((row) => [row.title, row] as const))('%s', (_title, row) => {
    const body = Buffer.from(JSON.stringify(bodyOf(row)));
    const client = { id: 'key_1', name: 'test', team: 'core' };
    const signals = new RequestSignals(body, scanBody(body), row.headers ?? {}, client);
    const { rule, model } = decide(new Routers().of(snapshotOf(row.router)), signals);
    expect([rule, model]).toEqual(row.expected);
  });

  it('compiles a router once per snapshot', () => {
    const routers = new Routers();
    const snapshot = snapshotOf({});
    expect(routers.of(snapshot)).toBe(routers.of(snapshot));
    expect(routers.of(snapshot)).not.toBe(routers.of(snapshotOf({})));
  });

  it('takes linear time for patterns that would make others backtrack', () => {
    const router = new Routers().of(
      snapshotOf({ rules: [{ name: 'r', when: { model: '(a+)+$' }, use: 'm-rule' }] }),
    );
    const body = Buffer.from(JSON.stringify({ model: `${'a'.repeat(100_000)}b` }));
    const begun = performance.now();
    decide(router, new RequestSignals(body, scanBody(body), {}, { id: 'key_1', name: 'test' }));
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
