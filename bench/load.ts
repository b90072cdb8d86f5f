import { Pool } from 'undici';

export interface LoadRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: number;
  readonly seconds: number;
  /** Whole-request latencies in ms, ascending. */
  readonly latencies: readonly number[];
}

/** A closed loop: `connections` callers, each sending its next request when the last was answered to its end. */
export async function runLoad(
  origin: string,
  request: LoadRequest,
  options: { connections: number; seconds?: number; requests?: number },
): Promise<LoadResult> {
  const pool = new Pool(origin, { connections: options.connections, pipelining: 1, bodyTimeout: 60_000 });
  const started = performance.now();
  const deadline = started + (options.seconds ?? Infinity) * 1000;
  const latencies: number[] = [];
  let begun = 0;
  let failures = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < deadline && begun < (options.requests ?? Infinity)) {
      begun += 1;
      const sent = performance.now();
      if (await succeeds(pool, request)) latencies.push(performance.now() - sent);
      else failures += 1;
    }
  };
  await Promise.all(Array.from({ length: options.connections }, caller));
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return { requests: latencies.length, failures, seconds, latencies: latencies.sort((a, b) => a - b) };
}

function succeeds(pool: Pool, { path, headers, body }: LoadRequest): Promise<boolean> {
  return new Promise((resolve) => {
    let status = 0;
    pool.dispatch(
      { method: 'POST', path, headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode;
        },
        onResponseData() {},
        onResponseEnd() {
          resolve(status === 200);
        },
        onResponseError() {
          resolve(false);
        },
      },
    );
  });
}

export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}
