import { Counter, Gauge, type Registry } from 'prom-client';
import { Histogram } from './histogram.js';

const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const GEN_AI = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'] as const;

/** Live figures, read when metrics are scraped. */
export interface LiveFigures {
  inFlight(): Iterable<readonly [surface: string, count: number]>;
  openStreams(): Iterable<readonly [surface: string, count: number]>;
  targets(): Iterable<{ readonly provider: string; readonly model: string; readonly resting: boolean }>;
}

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

/** The gateway's part of contract section 9. Label values come from the configuration only. */
export function createGatewayMetrics(registry: Registry, live: LiveFigures) {
  const registers = [registry];
  new Gauge({
    name: 'muxgate_in_flight_requests',
    help: 'Requests begun and not answered yet.',
    labelNames: ['surface'],
    registers,
    collect() {
      for (const [surface, count] of live.inFlight()) this.set({ surface }, count);
    },
  });
  new Gauge({
    name: 'muxgate_open_streams',
    help: 'Requests for a stream that are not over yet.',
    labelNames: ['surface'],
    registers,
    collect() {
      for (const [surface, count] of live.openStreams()) this.set({ surface }, count);
    },
  });
  new Gauge({
    name: 'muxgate_target_cooldown',
    help: '1 while a target, an upstream model of a provider, rests after failures.',
    labelNames: ['provider', 'model'],
    registers,
    collect() {
      this.reset();
      for (const { provider, model, resting } of live.targets())
        this.set({ provider, model }, resting ? 1 : 0);
    },
  });
  return {
    requests: new Counter({
      name: 'muxgate_requests_total',
      help: 'Requests by what they were answered with.',
      labelNames: ['surface', 'rule', 'model', 'provider', 'status'],
      registers,
    }),
    duration: new Histogram({
      name: 'gen_ai_server_request_duration_seconds',
      help: 'From the head of a request to the end of its answer.',
      labelNames: [...GEN_AI, 'error_type'],
      buckets: SECONDS,
      registers,
    }),
    firstToken: new Histogram({
      name: 'gen_ai_server_time_to_first_token_seconds',
      help: 'From the head of a request to the first content of its answer.',
      labelNames: GEN_AI,
      buckets: [0.001, 0.005, ...SECONDS],
      registers,
    }),
    perToken: new Histogram({
      name: 'gen_ai_server_time_per_output_token_seconds',
      help: 'Time per output token after the first one, streams only.',
      labelNames: GEN_AI,
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
      registers,
    }),
    tokenUsage: new Histogram({
      name: 'gen_ai_client_token_usage',
      help: 'Tokens of a request, as the provider counted them.',
      labelNames: [...GEN_AI, 'gen_ai_token_type'],
      buckets: [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304],
      registers,
    }),
    overhead: new Histogram({
      name: 'muxgate_overhead_seconds',
      help: 'Time of a request that was not spent waiting for upstream.',
      labelNames: ['surface'],
      buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    }),
    attempts: new Counter({
      name: 'muxgate_upstream_attempts_total',
      help: 'Requests sent to providers, by what became of them.',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    streamFailures: new Counter({
      name: 'muxgate_stream_failures_total',
      help: 'Streams that broke.',
      labelNames: ['phase', 'reason'],
      registers,
    }),
    disconnects: new Counter({
      name: 'muxgate_client_disconnects_total',
      help: 'Clients that left before their answer was complete.',
      labelNames: ['surface'],
      registers,
    }),
  };
}
