import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { callGateway, succeeded, type CallResult } from '../support/calls.ts';
import { startLoadBalancer } from '../support/load-balancer.ts';
import { startStack, type ServiceProcess } from '../support/processes.ts';
import { eventually } from '../support/wait.ts';

const STREAMS = Number(process.env['ROLLING_STREAMS'] ?? 60);
/** Events of a stream, a quarter of a second apart. */
const EVENTS = Number(process.env['ROLLING_EVENTS'] ?? 5);
/** Clients with short requests beside the streams. */
const SHORT = 10;

/** Clients keep their connections, so some requests come to a gateway long after it left the balancer's list. */
it(`three gateways are restarted one after another under ${STREAMS} open streams: none breaks, no request fails`, async () => {
  const stack = await startStack({ tokenSeconds: 300 });
  const gateways = [
    stack.gateway,
    ...(await Promise.all([stack.another('gateway'), stack.another('gateway')])),
  ];
  const balancer = await startLoadBalancer(gateways);

  const failures: (CallResult | Error)[] = [];
  const counts = { streams: 0, short: 0 };
  let running = true;
  const client = async (kind: 'streams' | 'short') => {
    const headers = {
      'x-sandbox-events': String(kind === 'streams' ? EVENTS : 1),
      'x-sandbox-interval-ms': '250',
    };
    while (running) {
      const options = { stream: kind === 'streams', headers, timeoutMs: 60_000 };
      const result = await callGateway({ gateway: balancer, clientKey: stack.clientKey }, options).catch(
        (error: unknown) => error as Error,
      );
      counts[kind]++;
      if (result instanceof Error || !succeeded(result)) failures.push(result);
      if (kind === 'short') await delay(200);
    }
  };
  const clients = [
    ...Array.from({ length: STREAMS }, () => client('streams')),
    ...Array.from({ length: SHORT }, () => client('short')),
  ];

  const drains: string[] = [];
  for (const gateway of gateways) {
    await eventually(async () => {
      const held = await Promise.all(gateways.map(openStreams));
      return held.reduce((sum, streams) => sum + streams) > 0.9 * STREAMS;
    }, 30_000);
    const held = await openStreams(gateway);
    expect(held).toBeGreaterThan(0);
    const from = Date.now();
    expect(await gateway.stop()).toBe(0);
    drains.push(`${held} streams on it, gone after ${((Date.now() - from) / 1_000).toFixed(1)} s`);
    await gateway.restart();
    await eventually(() => balancer.ready.length === gateways.length);
  }
  running = false;
  await Promise.all(clients);
  console.log(
    `rolling restart: ${counts.streams} streams and ${counts.short} short requests, ${failures.length} failed; ${drains.join('; ')}`,
  );
  expect(failures).toEqual([]);
  await stack.stop();
});

async function openStreams({ managementUrl }: ServiceProcess): Promise<number> {
  const metrics = await (await fetch(`${managementUrl}/metrics`)).text();
  return Number(/^muxgate_open_streams\{surface="anthropic-messages"\} (\d+)/m.exec(metrics)?.[1] ?? 0);
}
