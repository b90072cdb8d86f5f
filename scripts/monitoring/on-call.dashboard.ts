import { PROVIDER, quantile, rate, type DashboardDescription } from './panels.ts';

/** What an attempt comes to when the vendor is at fault: statuses, and connections that fail. */
const VENDOR_FAULTS = 'outcome=~"server_error|overloaded|timeout|upstream_.+|stream_.+"';
/** What a routed request fails with when Muxgate or its configuration is. */
const OUR_FAULTS = 'error_type=~"credential_.+|envelope_invalid|internal_error|egress_refused"';
/** Requests that no vendor has seen, since they were not routed: refused by limits, for their key, or for want of room. */
const unrouted = (status: string) => rate(`muxgate_requests_total{provider="other", status=~"${status}"}`);

const attempts = (matcher: string) => rate(`muxgate_upstream_attempts_total{${matcher}}`);
/** By provider; 0 where nothing failed. One that is asked nothing now has none, rather than one that is not a number. */
const failedShare = `sum by (provider) (${attempts(`${VENDOR_FAULTS}, ${PROVIDER}`)} or 0 * ${attempts(PROVIDER)}) / (sum by (provider) (${attempts(PROVIDER)}) > 0)`;
const failing = rate('muxgate_requests_total{status=~"5.."}');

export const onCall: DashboardDescription = {
  uid: 'muxgate-on-call',
  title: 'Muxgate / On call: is it us or the vendor?',
  about:
    'From left to right: do clients suffer, does a vendor fail, do we? Each figure turns red where the alert of its kind would.',
  rows: {
    Verdict: [
      {
        title: 'Clients: failed requests',
        about: 'Share of requests answered with a status of 500 or above.',
        queries: { '': `sum(${failing}) / (sum(${rate('muxgate_requests_total')}) > 0) or vector(0)` },
        unit: 'percentunit',
        kind: 'stat',
        bad: [0.001, 0.0144],
        max: 1,
      },
      {
        title: 'Vendor: failed attempts',
        about:
          'Share of attempts that the worst provider failed. Red here and green at right: it is the vendor.',
        queries: {
          '': `max(${failedShare}) or vector(0)`,
        },
        unit: 'percentunit',
        kind: 'stat',
        bad: [0.01, 0.1],
        max: 1,
      },
      {
        title: 'Us: requests we failed',
        about:
          'A second, for want of a credential, keys, capacity, or by a fault of our own. Red here: it is us.',
        queries: {
          '': `sum(${rate(`gen_ai_server_request_duration_seconds_count{${OUR_FAULTS}}`)} or ${unrouted('5..')}) or vector(0)`,
        },
        unit: 'reqps',
        kind: 'stat',
        bad: [0.01, 1],
      },
      {
        title: 'Us: overhead, p99',
        about: 'Time that the gateway adds. Red here: it is us, see saturation.',
        // without requests it is not a number, which no comparison holds for
        queries: { '': `${quantile(0.99, 'muxgate_overhead_seconds')} >= 0` },
        unit: 's',
        kind: 'stat',
        bad: [0.05, 0.25],
      },
    ],
    'The vendor?': [
      {
        title: 'Attempts by outcome',
        about: 'answered: the vendor did its part, whatever the status below 500.',
        queries: {
          '{{provider}} {{outcome}}': `sum by (provider, outcome) (${attempts(PROVIDER)})`,
        },
        unit: 'reqps',
        stacked: true,
      },
      {
        title: 'Failed attempts by provider',
        about: 'One provider alone: that vendor. All at once: our network, or us.',
        queries: {
          '{{provider}}': failedShare,
        },
        unit: 'percentunit',
        max: 1,
      },
      {
        title: 'Targets that rest',
        about: 'Passed over after failures; clients suffer only where no other target is left.',
        queries: {
          '{{model}} at {{provider}}': `max by (provider, model) (muxgate_target_cooldown{${PROVIDER}})`,
        },
        unit: 'short',
      },
      {
        title: 'Time to first token, p95',
        about: 'By provider. Rising here with a flat overhead: the vendor is slow.',
        queries: {
          '{{gen_ai_provider_name}}': quantile(
            0.95,
            'gen_ai_server_time_to_first_token_seconds',
            '',
            'gen_ai_provider_name',
          ),
        },
        unit: 's',
      },
      {
        title: 'Refused by vendors',
        about: 'Rate limits and refused credentials: our account with the vendor, rather than its health.',
        queries: {
          '{{provider}} {{outcome}}': `sum by (provider, outcome) (${attempts(`outcome=~"rate_limited|unauthorized|forbidden", ${PROVIDER}`)})`,
        },
        unit: 'reqps',
      },
      {
        title: 'Token endpoints: failed refreshes',
        about: 'Attempts a second that brought no new token.',
        queries: {
          '{{provider}} {{outcome}}': `sum by (provider, outcome) (${rate('muxgate_token_refreshes_total{outcome!~"refreshed|promoted|restored|overtaken|lane_full|removed"}')})`,
        },
        unit: 'ops',
      },
    ],
    'Us?': [
      {
        title: 'Failed requests by reason',
        about:
          'Codes are ours (docs/reference/errors.md), numbers alone are statuses that a vendor gave. Not routed: refused before a provider was chosen, for the key, a limit, the model, or for want of room.',
        queries: {
          '{{error_type}}': `sum by (error_type) (${rate('gen_ai_server_request_duration_seconds_count{error_type!=""}')})`,
          'not routed, {{status}}': `sum by (status) (${unrouted('[45]..')})`,
        },
        unit: 'reqps',
        stacked: true,
      },
      {
        title: 'Redis commands, p99',
        about: 'As the services see it.',
        queries: { p99: quantile(0.99, 'muxgate_redis_command_duration_seconds') },
        unit: 's',
      },
      {
        title: 'Event loop lag, p99',
        about: 'Saturation by process.',
        queries: { '{{instance}}': 'max by (instance) (nodejs_eventloop_lag_p99_seconds)' },
        unit: 's',
      },
    ],
    'Service levels': [
      {
        title: 'Error budgets: how fast they go',
        about:
          'Over the last hour, recorded by the rules. At 1 a budget lasts its 30 days, at 14.4 two of them: then somebody is called.',
        queries: {
          'failed requests': 'muxgate:request_errors:ratio_rate1h / 0.001',
          'slow requests': 'muxgate:slow_requests:ratio_rate1h / 0.01',
        },
        unit: 'suffix:×',
        width: 24,
      },
    ],
  },
};
