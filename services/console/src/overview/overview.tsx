import { Anchor, Badge, Card, Group, SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import { call, query } from '../api/client.ts';
import type { Overview, Page, Provider, Token } from '../api/types.ts';
import { compact, milliseconds, percent, usd } from '../parts/format.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { Countdown } from '../parts/times.tsx';
import { Empty, Loaded, View } from '../parts/view.tsx';
import { text } from '../text.ts';

const OverviewCharts = lazy(() => import('./overview-charts.tsx'));
const HOURS = [1, 6, 24] as const;

export default function OverviewView() {
  const [hours, setHours] = useState('1');
  const overview = useQuery({
    queryKey: ['overview', hours],
    queryFn: () => call<Overview>('GET', `/api/overview${query({ hours })}`),
    refetchInterval: 5_000,
  });
  return (
    <View
      title={text.overview.title}
      actions={
        <SegmentedControl
          aria-label={text.overview.window}
          value={hours}
          onChange={setHours}
          data={HOURS.map((value) => ({ value: String(value), label: text.overview.hours(value) }))}
        />
      }
    >
      <Attention />
      <Loaded from={overview}>
        {({ totals, series, stepSeconds }) => (
          <>
            <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>
              <Figure label={text.overview.requests} value={compact(totals.requests)} />
              <Figure
                label={text.overview.errors}
                value={percent(totals.errors, totals.requests)}
                alarming={totals.errors > 0}
              />
              <Figure
                label={text.overview.latency}
                value={totals.p95Ms === undefined ? text.actions.none : milliseconds(totals.p95Ms)}
              />
              <Figure label={text.overview.tokens} value={compact(allTokens(totals))} />
              <Figure label={text.overview.cost} value={usd(totals.costUsd)} />
            </SimpleGrid>
            {totals.requests === 0 ? (
              <Empty
                action={
                  <Anchor component={Link} href="/try">
                    {text.nav.try}
                  </Anchor>
                }
              >
                {text.overview.quiet}
              </Empty>
            ) : (
              <Suspense fallback={<div style={{ minHeight: 480 }} />}>
                <OverviewCharts series={series} stepSeconds={stepSeconds} />
              </Suspense>
            )}
          </>
        )}
      </Loaded>
    </View>
  );
}

function allTokens(totals: Overview['totals']): number {
  return totals.inputTokens + totals.outputTokens + totals.cacheReadTokens + totals.cacheCreationTokens;
}

function Figure({ label, value, alarming = false }: { label: string; value: string; alarming?: boolean }) {
  return (
    <Card withBorder padding="md">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text fz={28} fw={600} className="numbers" c={alarming ? 'red' : undefined}>
        {value}
      </Text>
    </Card>
  );
}

const SICK = ['reauthorization_required', 'blocked_by_provider', 'refresh_failing', 'expired'].join();
const MOST_SICK = 10;

/** The first credentials that need somebody, however many are well; `any` tells whether there are any at all. */
async function readSick(): Promise<{ any: boolean; sick: readonly Token[] }> {
  const { items } = await call<Page<Token>>('GET', '/api/oauth/tokens?limit=1');
  const sick: Token[] = [];
  let cursor: string | undefined;
  do {
    const asked = { status: SICK, limit: MOST_SICK, cursor };
    const page = await call<Page<Token>>('GET', `/api/oauth/tokens${query(asked)}`);
    sick.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined && sick.length < MOST_SICK);
  return { any: items.length > 0, sick: sick.slice(0, MOST_SICK) };
}

/** Credentials and providers that somebody should look at, before anything else. */
function Attention() {
  const tokens = useQuery({
    queryKey: ['tokens', 'attention'],
    queryFn: readSick,
    refetchInterval: 30_000,
  });
  const providers = useQuery({
    queryKey: ['providers'],
    queryFn: () => call<Page<Provider>>('GET', '/api/providers'),
    refetchInterval: 10_000,
  });
  const resting = providers.data?.items.filter(({ coolDowns }) => coolDowns.length > 0) ?? [];
  if (tokens.data === undefined) return null;
  const { any, sick } = tokens.data;
  if (!any) return <Text c="dimmed">{text.overview.noCredentials}</Text>;
  if (sick.length + resting.length === 0) return <Text c="dimmed">{text.overview.allWell}</Text>;
  return (
    <Card withBorder>
      <Stack gap="xs">
        <Text fw={600}>{text.overview.attention}</Text>
        {sick.map(({ credential, status, expiresAt }) => (
          <Group key={credential} gap="sm">
            <Anchor
              component={Link}
              href={`/credentials/oauth/${encodeURIComponent(credential)}`}
              className="wrap"
            >
              {credential}
            </Anchor>
            <StatusBadge status={status} />
            <Countdown to={expiresAt} />
          </Group>
        ))}
        {resting.map(({ name, coolDowns }) => (
          <Group key={name} gap="sm">
            <Anchor component={Link} href="/routing">
              {name}
            </Anchor>
            <Badge color="orange" variant="light" tt="none">
              {coolDowns.map(({ model }) => model).join(', ')}
            </Badge>
            <Countdown to={coolDowns[0]?.until} />
          </Group>
        ))}
      </Stack>
    </Card>
  );
}
