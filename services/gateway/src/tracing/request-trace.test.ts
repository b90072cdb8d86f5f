import { readFileSync } from 'node:fs';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { expect, it } from 'vitest';

const PLACES = [
  'services/gateway/src/tracing/request-trace.ts',
  'services/auth/src/http/trace-requests.ts',
  'libs/refresh-queue/src/refresh-queue.ts',
  'libs/oauth/src/token-request.ts',
  'libs/tracing/src/attributes.ts',
  'libs/tracing/src/spans.ts',
];

it("every attribute has a name of OpenTelemetry's conventions, or is one of ours by its prefix", () => {
  const known = new Set<unknown>(Object.values(conventions));
  const used = PLACES.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/'([a-z_]+(?:\.[a-z_]+)+)'/g)].map(([, name]) => name as string),
  ).filter((name) => !name.startsWith('muxgate.'));
  expect(used.length).toBeGreaterThan(20);
  expect(used.filter((name) => !known.has(name))).toEqual([]);
});
