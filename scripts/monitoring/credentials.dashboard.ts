import { quantile, rate, type DashboardDescription } from './panels.ts';

/** Dead ones ended long ago, and would push those that can still be saved off the graph. */
const EXPIRY =
  'muxgate_credential_expires_in_seconds{status!~"reauthorization_required|blocked_by_provider"}';

export const credentials: DashboardDescription = {
  uid: 'muxgate-credentials',
  title: 'Muxgate / Credentials and refreshes',
  about: 'Which OAuth credentials are well, and whether the workers keep them so.',
  rows: {
    Now: [
      {
        title: 'Active credentials',
        about: 'Each worker reports all of them, so the largest count is the one.',
        queries: {
          '': 'max(count by (instance) (muxgate_credential_status{status=~"active|refreshing"}))',
        },
        unit: 'short',
        kind: 'stat',
      },
      {
        title: 'Need a person',
        about: 'Must be authorized again, or are blocked by the provider.',
        queries: {
          '': 'max(count by (instance) (muxgate_credential_status{status=~"reauthorization_required|blocked_by_provider"})) or vector(0)',
        },
        unit: 'short',
        kind: 'stat',
        bad: [1, 5],
      },
      {
        title: 'Next expiry',
        about: 'Of a credential that needs no person; it should be renewed before. Below zero: it was not.',
        queries: { '': `min(${EXPIRY})` },
        unit: 's',
        kind: 'stat',
        signed: true,
      },
      {
        title: 'Since the last sweep',
        about: 'Of whichever worker swept last.',
        queries: { '': 'time() - max(muxgate_last_sweep_timestamp_seconds)' },
        unit: 's',
        kind: 'stat',
        bad: [30, 120],
      },
    ],
    Credentials: [
      {
        title: 'Credentials by status',
        about: 'At most 1,000 are reported; the counters below have no such bound.',
        queries: {
          '{{status}}': 'max by (status) (count by (instance, status) (muxgate_credential_status))',
        },
        unit: 'short',
        stacked: true,
      },
      {
        title: 'Seconds to expiry',
        about:
          'The ten that end first, without those that need a person. A healthy line is a saw that never meets zero.',
        queries: { '{{credential}}': `bottomk(10, max by (credential) (${EXPIRY}))` },
        unit: 's',
        signed: true,
      },
      {
        title: 'Authorizations',
        about: 'Begun and ended, by provider.',
        queries: {
          '{{provider}} {{outcome}}':
            'sum by (provider, outcome) (increase(muxgate_oauth_authorizations_total[$__rate_interval]))',
        },
        unit: 'short',
      },
    ],
    Refreshes: [
      {
        title: 'Refreshes by outcome',
        about: 'Attempts a second that got their lease.',
        queries: {
          '{{provider}} {{outcome}}': `sum by (provider, outcome) (${rate('muxgate_token_refreshes_total')})`,
        },
        unit: 'ops',
        stacked: true,
      },
      {
        title: 'Refresh lag, p95',
        about: 'Start of an attempt minus the time at which it was due.',
        queries: { '{{provider}}': quantile(0.95, 'muxgate_token_refresh_lag_seconds', '', 'provider') },
        unit: 's',
      },
      {
        title: 'Refresh duration, p95',
        about: "Mostly the provider's token endpoint.",
        queries: { '{{provider}}': quantile(0.95, 'muxgate_token_refresh_duration_seconds', '', 'provider') },
        unit: 's',
      },
    ],
  },
};
