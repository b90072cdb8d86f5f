import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startNetwork, whyNoNetworks } from '../support/network.ts';

const reason = whyNoNetworks();
const skipped = reason === undefined ? '' : ` (skipped: ${reason})`;
const links = (): string => execFileSync('ip', ['-brief', 'address'], { encoding: 'utf8' });

describe.skipIf(reason !== undefined)(`startNetwork${skipped}`, () => {
  it('gives no two networks one subnet, though they ask for the same', async () => {
    const wanted = randomInt(1, 255);
    const networks = await Promise.all([1, 2, 3].map(() => startNetwork(wanted)));
    const addresses = networks.map(({ outside }) => outside);
    expect(new Set(addresses).size).toBe(3);
    for (const address of addresses) expect(links().split(`${address}/24`)).toHaveLength(2);
    await Promise.all(networks.map((network) => network.remove()));
    for (const address of addresses) expect(links()).not.toContain(`${address}/24`);
  });
});
