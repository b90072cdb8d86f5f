/** What Prometheus sees for a while, in promtool's notation, and what it makes of it in the end. */
export interface Situation {
  readonly series: Readonly<Record<string, string>>;
  /** Minutes after the first sample. */
  readonly at: number;
  /** Minutes from one sample and evaluation to the next; 1. Days by the minute would take promtool minutes. */
  readonly every?: number;
}

export interface AlertCase {
  readonly alert: string;
  readonly fires: Situation;
  /** Of the alert that fires, besides its severity. */
  readonly labels: Readonly<Record<string, string>>;
  /** As near to firing as a healthy installation comes. */
  readonly quiet: Situation;
}

/** A counter that grows by so much a minute. */
const grows = (by: number, minutes: number) => `0+${by}x${minutes}`;
const stays = (value: number, minutes: number) => `${value}+0x${minutes}`;

function requests(failing: number, minutes: number, every: number): Situation {
  return {
    series: {
      'muxgate_requests_total{status="200"}': grows(1000 - failing, minutes),
      'muxgate_requests_total{status="502"}': grows(failing, minutes),
    },
    at: minutes,
    every,
  };
}

function overhead(slow: number, minutes: number, every: number): Situation {
  return {
    series: {
      'muxgate_overhead_seconds_bucket{le="0.25"}': grows(1000 - slow, minutes),
      muxgate_overhead_seconds_count: grows(1000, minutes),
    },
    at: minutes,
    every,
  };
}

/** A histogram whose samples are all just below `le`, in buckets up to `most`. */
function histogram(name: string, le: number, buckets: readonly number[], labels = ''): Situation {
  const series = Object.fromEntries(
    [...buckets, Infinity].map((bound) => [
      `${name}_bucket{le="${bound === Infinity ? '+Inf' : bound}"${labels && `, ${labels}`}}`,
      grows(bound >= le ? 60 : 0, 60),
    ]),
  );
  return { series, at: 60 };
}

function one(series: string, values: string, at = 60): Situation {
  return { series: { [series]: values }, at };
}

function share(name: string, bad: string, good: string, perMinute: number, labels = ''): Situation {
  const and = labels && `${labels}, `;
  return {
    series: {
      [`${name}{${and}outcome="${bad}"}`]: grows(perMinute, 60),
      [`${name}{${and}outcome="${good}"}`]: grows(100 - perMinute, 60),
    },
    at: 60,
  };
}

const burns: readonly [speed: string, hours: number, every: number, errors: number, calm: number][] = [
  ['Fast', 2, 1, 20, 10],
  ['Steady', 8, 10, 8, 4],
  ['Slow', 30, 30, 4, 2],
  ['Creeping', 80, 60, 2, 0.5],
];
const BUCKETS = [0.05, 0.25, 1, 5, 20, 60];

export const ALERT_CASES: readonly AlertCase[] = [
  ...burns.flatMap(([speed, hours, every, errors, calm]) => [
    {
      alert: `MuxgateErrorsBurn${speed}`,
      fires: requests(errors, hours * 60, every),
      labels: {},
      quiet: requests(calm, hours * 60, every),
    },
    {
      alert: `MuxgateOverheadBurn${speed}`,
      fires: overhead(errors * 10, hours * 60, every),
      labels: {},
      quiet: overhead(calm * 10, hours * 60, every),
    },
  ]),
  {
    alert: 'MuxgateVendorFailing',
    fires: share('muxgate_upstream_attempts_total', 'server_error', 'answered', 50, 'provider="acme"'),
    labels: { provider: 'acme' },
    // a vendor that limits us does not fail
    quiet: share('muxgate_upstream_attempts_total', 'rate_limited', 'answered', 50, 'provider="acme"'),
  },
  {
    alert: 'MuxgateStreamsFailing',
    fires: {
      series: {
        'muxgate_stream_failures_total{phase="mid_stream", reason="upstream_broken"}': grows(5, 60),
        gen_ai_server_time_to_first_token_seconds_count: grows(100, 60),
      },
      at: 60,
    },
    labels: {},
    quiet: {
      series: {
        'muxgate_stream_failures_total{phase="mid_stream", reason="upstream_broken"}': grows(1, 60),
        gen_ai_server_time_to_first_token_seconds_count: grows(100, 60),
      },
      at: 60,
    },
  },
  {
    alert: 'MuxgateFirstTokenSlow',
    fires: histogram('gen_ai_server_time_to_first_token_seconds', 60, BUCKETS, 'gen_ai_provider_name="acme"'),
    labels: { gen_ai_provider_name: 'acme' },
    quiet: histogram('gen_ai_server_time_to_first_token_seconds', 5, BUCKETS, 'gen_ai_provider_name="acme"'),
  },
  {
    alert: 'MuxgateRefusingRequests',
    fires: one('muxgate_requests_total{status="503", provider="other"}', grows(60, 60)),
    labels: {},
    // a provider that gave it
    quiet: one('muxgate_requests_total{status="503", provider="acme"}', grows(60, 60)),
  },
  {
    alert: 'MuxgateBudgetThreshold',
    fires: one('muxgate_budget_thresholds_total{scope="team"}', '0x55 1x10'),
    labels: { scope: 'team' },
    quiet: one('muxgate_budget_thresholds_total{scope="team"}', stays(3, 60)),
  },
  {
    alert: 'MuxgateBudgetExhausted',
    fires: one('muxgate_budget_refusals_total{scope="key"}', grows(1, 60)),
    labels: { scope: 'key' },
    quiet: one('muxgate_budget_refusals_total{scope="key"}', stays(7, 60)),
  },
  {
    alert: 'MuxgateRefreshLag',
    fires: histogram('muxgate_token_refresh_lag_seconds', 60, BUCKETS, 'provider="acme"'),
    labels: { provider: 'acme' },
    quiet: histogram('muxgate_token_refresh_lag_seconds', 5, BUCKETS, 'provider="acme"'),
  },
  {
    alert: 'MuxgateRefreshesFailing',
    fires: share('muxgate_token_refreshes_total', 'unavailable', 'refreshed', 75, 'provider="acme"'),
    labels: { provider: 'acme' },
    quiet: share('muxgate_token_refreshes_total', 'unavailable', 'refreshed', 25, 'provider="acme"'),
  },
  {
    alert: 'MuxgateCredentialNeedsReauthorization',
    fires: one(
      'muxgate_credential_status{credential="acme", provider="acme-idp", status="reauthorization_required"}',
      stays(1, 60),
    ),
    labels: { credential: 'acme', provider: 'acme-idp', status: 'reauthorization_required' },
    quiet: one(
      'muxgate_credential_status{credential="acme", provider="acme-idp", status="active"}',
      stays(1, 60),
    ),
  },
  {
    alert: 'MuxgateCredentialExpired',
    fires: one(
      'muxgate_credential_expires_in_seconds{credential="acme", provider="acme-idp", status="refresh_failing"}',
      '300-60x60',
    ),
    labels: { credential: 'acme', provider: 'acme-idp' },
    quiet: one(
      'muxgate_credential_expires_in_seconds{credential="acme", provider="acme-idp", status="active"}',
      '3600-59x60',
    ),
  },
  {
    alert: 'MuxgateSweepStalled',
    fires: {
      series: {
        'muxgate_last_sweep_timestamp_seconds{instance="one"}': stays(0, 60),
        'muxgate_last_sweep_timestamp_seconds{instance="two"}': stays(60, 60),
      },
      at: 60,
    },
    labels: {},
    // one of two workers has stopped, the other sweeps
    quiet: {
      series: {
        'muxgate_last_sweep_timestamp_seconds{instance="one"}': stays(0, 60),
        'muxgate_last_sweep_timestamp_seconds{instance="two"}': grows(60, 60),
      },
      at: 60,
    },
  },
  {
    alert: 'MuxgateQueueBacklog',
    fires: one('muxgate_queue_jobs{queue="refresh", state="waiting"}', stays(2_000, 60)),
    labels: { queue: 'refresh' },
    quiet: one('muxgate_queue_jobs{queue="refresh", state="delayed"}', stays(2_000, 60)),
  },
  {
    alert: 'MuxgateServiceAbsent',
    fires: {
      series: {
        'muxgate_build_info{service="gateway"}': stays(1, 60),
        'muxgate_build_info{service="auth"}': stays(1, 60),
      },
      at: 60,
    },
    labels: { service: 'worker' },
    quiet: {
      series: {
        'muxgate_build_info{service="gateway"}': stays(1, 60),
        'muxgate_build_info{service="auth"}': stays(1, 60),
        'muxgate_build_info{service="worker"}': stays(1, 60),
      },
      at: 60,
    },
  },
  {
    alert: 'MuxgateRedisUnanswered',
    fires: one('muxgate_redis_unanswered_total{instance="one"}', grows(60, 60)),
    labels: { instance: 'one' },
    quiet: one('muxgate_redis_unanswered_total{instance="one"}', stays(500, 60)),
  },
  {
    alert: 'MuxgateRedisSlow',
    fires: histogram('muxgate_redis_command_duration_seconds', 1, BUCKETS),
    labels: {},
    quiet: histogram('muxgate_redis_command_duration_seconds', 0.05, BUCKETS),
  },
  {
    alert: 'MuxgateLimitsLocal',
    fires: one('muxgate_limits_local{instance="one"}', stays(1, 60)),
    labels: { instance: 'one' },
    quiet: one('muxgate_limits_local{instance="one"}', '0x30 1x2 0x28'),
  },
  {
    alert: 'MuxgateUsageWaiting',
    fires: one('muxgate_usage_waiting_batches{instance="one"}', grows(20, 60)),
    labels: { instance: 'one' },
    quiet: one('muxgate_usage_waiting_batches{instance="one"}', stays(5, 60)),
  },
  {
    alert: 'MuxgateUsageDropped',
    fires: one('muxgate_usage_dropped_total{kind="usage"}', '0x55 1x10'),
    labels: { kind: 'usage' },
    quiet: one('muxgate_usage_dropped_total{kind="usage"}', stays(4, 60)),
  },
  {
    alert: 'MuxgateEventLoopSaturated',
    fires: one('nodejs_eventloop_lag_p99_seconds{instance="one"}', stays(0.5, 60)),
    labels: { instance: 'one' },
    quiet: one('nodejs_eventloop_lag_p99_seconds{instance="one"}', stays(0.125, 60)),
  },
  {
    alert: 'MuxgateCpuSaturated',
    fires: {
      series: {
        'process_cpu_seconds_total{instance="one"}': grows(60, 60),
        'muxgate_build_info{instance="one"}': stays(1, 60),
      },
      at: 60,
    },
    labels: { instance: 'one' },
    // a process of somebody else
    quiet: one('process_cpu_seconds_total{instance="two"}', grows(60, 60)),
  },
  {
    alert: 'MuxgateConfigDiffers',
    fires: {
      series: {
        'muxgate_config_revision{instance="one"}': stays(3, 60),
        'muxgate_config_revision{instance="two"}': stays(4, 60),
      },
      at: 60,
    },
    labels: {},
    quiet: {
      series: {
        'muxgate_config_revision{instance="one"}': '3x55 4x10',
        'muxgate_config_revision{instance="two"}': '3x57 4x10',
      },
      at: 60,
    },
  },
  {
    alert: 'MuxgateWebhookDead',
    // the counter has its first series with its first event
    fires: one('muxgate_webhook_deliveries_total{webhook="pager", outcome="dead"}', '_x50 1x20'),
    labels: { webhook: 'pager' },
    quiet: one('muxgate_webhook_deliveries_total{webhook="pager", outcome="dead"}', stays(2, 180), 180),
  },
];
