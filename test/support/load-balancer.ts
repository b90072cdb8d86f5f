import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from './processes.ts';
import { startTcpProxy } from './tcp-proxy.ts';
import { registerTeardown } from './teardown.ts';

export interface LoadBalancer {
  readonly url: string;
  /** Those that answered `/readyz` with 200 when last asked. */
  readonly ready: readonly ServiceProcess[];
}

const ASK_EVERY_MS = 200;

/**
 * As a Service of Kubernetes: a new connection goes to the next service that is ready, by its readiness probe, and
 * stays there for as long as it is open.
 */
export async function startLoadBalancer(services: readonly ServiceProcess[]): Promise<LoadBalancer> {
  let ready: ServiceProcess[] = [];
  let turn = 0;
  const ask = async () => {
    const answers = await Promise.all(services.map(isReady));
    ready = services.filter((_, index) => answers[index]);
  };
  await ask();
  const ending = new AbortController();
  const asking = (async () => {
    while (!ending.signal.aborted) {
      await sleep(ASK_EVERY_MS);
      await ask();
    }
  })();
  const proxy = await startTcpProxy(() => {
    const next = ready[turn++ % ready.length];
    return next === undefined ? undefined : { port: Number(new URL(next.url).port) };
  });
  await registerTeardown(
    async () => {
      ending.abort();
      await asking;
    },
    () => ending.abort(),
  );
  return {
    url: `http://127.0.0.1:${proxy.port}`,
    get ready() {
      return ready;
    },
  };
}

async function isReady({ managementUrl }: ServiceProcess): Promise<boolean> {
  try {
    const answer = await fetch(`${managementUrl}/readyz`, { signal: AbortSignal.timeout(1_000) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}
