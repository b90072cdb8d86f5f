import { GEN_AI_PROVIDER, PROVIDER, quantile, rate, type DashboardDescription } from './panels.ts';

export const traffic: DashboardDescription = {
  uid: 'muxgate-traffic',
  title: 'Muxgate / Traffic and latency',
  about: 'What clients ask for, how they are answered, and how long it takes.',
  rows: {
    Requests: [
      {
        title: 'Requests by surface',
        about: 'Answered requests a second.',
        queries: { '{{surface}}': `sum by (surface) (${rate(`muxgate_requests_total{${PROVIDER}}`)})` },
        unit: 'reqps',
        stacked: true,
      },
      {
        title: 'Requests by status',
        about: 'What clients were answered with; 499 left before an answer.',
        queries: { '{{status}}': `sum by (status) (${rate(`muxgate_requests_total{${PROVIDER}}`)})` },
        unit: 'reqps',
        stacked: true,
      },
      {
        title: 'Requests by model and provider',
        about: 'Where routing has sent them.',
        queries: {
          '{{model}} at {{provider}}': `sum by (model, provider) (${rate(`muxgate_requests_total{${PROVIDER}}`)})`,
        },
        unit: 'reqps',
        stacked: true,
      },
      {
        title: 'In flight',
        about: 'Requests that are not answered yet, over all gateways.',
        queries: { '{{surface}}': 'sum by (surface) (muxgate_in_flight_requests)' },
        unit: 'short',
        stacked: true,
      },
      {
        title: 'Open streams',
        about: 'Streams that are not over yet, by gateway. Autoscaling goes by this figure.',
        queries: { '{{instance}}': 'sum by (instance) (muxgate_open_streams)' },
        unit: 'short',
        stacked: true,
      },
      {
        title: 'Requests by rule',
        about: 'Which rule of the router decided.',
        queries: { '{{rule}}': `sum by (rule) (${rate(`muxgate_requests_total{${PROVIDER}}`)})` },
        unit: 'reqps',
        stacked: true,
      },
    ],
    Latency: [
      {
        title: 'Request duration',
        about: 'From the head of a request to the end of its answer; long answers take long.',
        queries: {
          p50: quantile(0.5, 'gen_ai_server_request_duration_seconds', GEN_AI_PROVIDER),
          p95: quantile(0.95, 'gen_ai_server_request_duration_seconds', GEN_AI_PROVIDER),
          p99: quantile(0.99, 'gen_ai_server_request_duration_seconds', GEN_AI_PROVIDER),
        },
        unit: 's',
      },
      {
        title: 'Time to first token, p95',
        about: 'What people at a keyboard wait for.',
        queries: {
          '{{gen_ai_request_model}}': quantile(
            0.95,
            'gen_ai_server_time_to_first_token_seconds',
            GEN_AI_PROVIDER,
            'gen_ai_request_model',
          ),
        },
        unit: 's',
      },
      {
        title: 'Time per output token, p95',
        about: 'After the first one; streams only.',
        queries: {
          '{{gen_ai_request_model}}': quantile(
            0.95,
            'gen_ai_server_time_per_output_token_seconds',
            GEN_AI_PROVIDER,
            'gen_ai_request_model',
          ),
        },
        unit: 's',
      },
      {
        title: 'Overhead of the gateway',
        about: 'Time of a request that was not spent waiting for the provider.',
        queries: {
          p50: quantile(0.5, 'muxgate_overhead_seconds'),
          p99: quantile(0.99, 'muxgate_overhead_seconds'),
        },
        unit: 's',
      },
      {
        title: 'Clients that left',
        about: 'Closed their connection before the answer was complete.',
        queries: { '{{surface}}': `sum by (surface) (${rate('muxgate_client_disconnects_total')})` },
        unit: 'reqps',
      },
      {
        title: 'Broken streams',
        about:
          'By phase: before the first event the client still got a status, in mid-stream an error event.',
        queries: {
          '{{phase}} {{reason}}': `sum by (phase, reason) (${rate('muxgate_stream_failures_total')})`,
        },
        unit: 'reqps',
      },
    ],
  },
};
