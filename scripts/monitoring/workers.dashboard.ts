import { quantile, rate, type DashboardDescription } from './panels.ts';

export const workers: DashboardDescription = {
  uid: 'muxgate-workers',
  title: 'Muxgate / Workers, queues and Redis',
  about: 'What is behind the gateways: the queue, the store and the processes.',
  rows: {
    Workers: [
      {
        title: 'Jobs by state',
        about: 'Of the refresh queue. Waiting ones that pile up: too few workers, or a provider that hangs.',
        queries: { '{{queue}} {{state}}': 'max by (queue, state) (muxgate_queue_jobs)' },
        unit: 'short',
      },
      {
        title: 'Seconds since the last sweep',
        about: 'By worker. One of them sweeping is enough.',
        queries: { '{{instance}}': 'time() - muxgate_last_sweep_timestamp_seconds' },
        unit: 's',
      },
      {
        title: 'Webhook deliveries',
        about: 'Attempts a second: delivered, to be retried, or dead.',
        queries: {
          '{{webhook}} {{outcome}}': `sum by (webhook, outcome) (${rate('muxgate_webhook_deliveries_total')})`,
        },
        unit: 'ops',
      },
    ],
    Redis: [
      {
        title: 'Commands',
        about: 'A second, by process.',
        queries: {
          '{{instance}}': `sum by (instance) (${rate('muxgate_redis_command_duration_seconds_count')})`,
        },
        unit: 'ops',
      },
      {
        title: 'Command duration',
        about: 'As the services see it, network and waiting for a connection included.',
        queries: {
          p50: quantile(0.5, 'muxgate_redis_command_duration_seconds'),
          p99: quantile(0.99, 'muxgate_redis_command_duration_seconds'),
        },
        unit: 's',
      },
      {
        title: 'Commands without an answer',
        about: 'A second, by process: Redis was away, or slower than the time that a command may take.',
        queries: { '{{instance}}': `sum by (instance) (${rate('muxgate_redis_unanswered_total')})` },
        unit: 'ops',
      },
    ],
    Processes: [
      {
        title: 'CPU',
        about: 'Cores by process. A Node process cannot use much more than one.',
        queries: { '{{instance}}': `sum by (instance) (${rate('process_cpu_seconds_total')})` },
        unit: 'short',
      },
      {
        title: 'Resident memory',
        about: 'By process.',
        queries: { '{{instance}}': 'sum by (instance) (process_resident_memory_bytes)' },
        unit: 'bytes',
      },
      {
        title: 'Event loop lag, p99',
        about: 'Above some 100 ms a process has more to do than it can.',
        queries: { '{{instance}}': 'max by (instance) (nodejs_eventloop_lag_p99_seconds)' },
        unit: 's',
      },
      {
        title: 'Processes by version',
        about: 'More than one version for long is a rollout that hangs.',
        queries: { '{{service}} {{version}}': 'count by (service, version) (muxgate_build_info)' },
        unit: 'short',
      },
      {
        title: 'Configuration in force',
        about: 'Every process should come to the same revision within seconds.',
        queries: { '{{instance}}': 'max by (instance) (muxgate_config_revision)' },
        unit: 'short',
      },
      {
        title: 'Configurations refused',
        about: 'For their mistakes, by where they came from; the old one stays in force.',
        queries: {
          '{{source}}': 'sum by (source) (increase(muxgate_config_rejected_total[$__rate_interval]))',
        },
        unit: 'short',
      },
      {
        title: 'Limits kept locally',
        about: '1 while a gateway has no Redis and keeps its share of each limit by itself.',
        queries: { '{{instance}}': 'max by (instance) (muxgate_limits_local)' },
        unit: 'short',
      },
    ],
  },
};
