/**
 * Loaded before the gateway: takes limits, budgets, the usage ledger and the request log out of it, and leaves
 * everything else, its metrics of requests too. What they add to a request is the difference to the gateway as built.
 */
type Method = (this: Record<string, never>, ...args: never[]) => unknown;

const dist = new URL('../../dist/services/gateway/src/', import.meta.url);

async function prototypeOf(file: string, name: string): Promise<Record<string, Method>> {
  const { [name]: found } = (await import(new URL(file, dist).href)) as Record<string, { prototype: never }>;
  if (found === undefined) throw new Error(`${name} is not in ${file} any more`);
  return found.prototype;
}

const limits = await prototypeOf('limits/limits.js', 'Limits');
limits['admit'] = () => undefined;
limits['settle'] = () => undefined;

const accounting = await prototypeOf('proxy/accounting.js', 'Accounting');
for (const name of ['attempt', 'settle', 'begun', 'checkpoint'])
  if (accounting[name] === undefined) throw new Error(`Accounting has no ${name} any more`);

interface Counting {
  series: { of(exchange: Ended): { attempt(outcome: string): { inc(): void } } };
  count(exchange: Ended, status: number, durationMs: number): void;
  log(exchange: Ended, status: number, durationMs: number): void;
}

interface Ended {
  readonly startedAt: number;
  readonly res: { readonly statusCode: number };
}

Object.assign(accounting, {
  begun() {},
  checkpoint() {},
  attempt(this: Counting, exchange: Ended, outcome: string) {
    this.series.of(exchange).attempt(outcome).inc();
  },
  settle(this: Counting, exchange: Ended) {
    const durationMs = performance.now() - exchange.startedAt;
    this.count(exchange, exchange.res.statusCode, durationMs);
    this.log(exchange, exchange.res.statusCode, durationMs);
  },
});
