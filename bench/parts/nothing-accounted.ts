/**
 * Loaded before the gateway: takes limits, budgets, the usage ledger and the request log out of it, and leaves
 * everything else, its metrics of requests too. What they add to a request is the difference to the gateway as built.
 */
const dist = new URL('../../dist/services/gateway/src/', import.meta.url);

/** @throws Error where there is no such method any more: nothing would be taken out */
async function replace(
  file: string,
  name: string,
  methods: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { [name]: found } = (await import(new URL(file, dist).href)) as Record<string, { prototype: object }>;
  const prototype = found?.prototype ?? {};
  for (const method of Object.keys(methods))
    if (!(method in prototype)) throw new Error(`${name} in ${file} has no ${method} any more`);
  Object.assign(prototype, methods);
}

interface Counting {
  series: { of(exchange: Ended): { attempt(outcome: string): { inc(): void } } };
  count(exchange: Ended, status: number, durationMs: number): void;
  log(exchange: Ended, status: number, durationMs: number): void;
}

interface Ended {
  readonly startedAt: number;
  readonly res: { readonly statusCode: number };
}

await replace('limits/limits.js', 'Limits', {
  admit() {},
  settle() {},
});

await replace('proxy/accounting.js', 'Accounting', {
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
