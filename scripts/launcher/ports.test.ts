import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort, refusedPorts } from './ports.ts';

it('gives no port out twice while those it gave out are not yet used', async () => {
  const ports: number[] = [];
  for (let round = 0; round < 250; round++) ports.push(...(await Promise.all([1, 2, 3, 4].map(freePort))));
  expect(new Set(ports).size).toBe(1_000);
});

it('passes over a port that is used, and says which variable frees one that was asked for', async () => {
  const before = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(before + 1, '127.0.0.1', resolve));
  expect(await freePort()).not.toBe(before + 1);
  expect(await refusedPorts([{ port: before + 1, variable: 'GATEWAY_PORT' }], '127.0.0.1')).toEqual([
    `Port ${before + 1} is in use by another program; free it, or set GATEWAY_PORT to another port.`,
  ]);
  await new Promise((resolve) => server.close(resolve));
});
