import { Alert, Anchor, Card, Group, SegmentedControl, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useLocation, useSearch } from 'wouter';
import { call, query } from '../api/client.ts';
import type { Usage, UsageCounts, UsageItem } from '../api/types.ts';
import { exact, percent, usd } from '../parts/format.ts';
import { DataTable } from '../parts/table.tsx';
import { Empty, Loaded, View } from '../parts/view.tsx';
import { text } from '../text.ts';

const UsageChart = lazy(() => import('./usage-chart.tsx'));
const GROUPS = ['day', 'team', 'key', 'model', 'provider'] as const;
type Group = (typeof GROUPS)[number];

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const DAY = 86_400_000;

/** What is shown is in the address, so that it can be sent to somebody. */
function useRange() {
  const [path, go] = useLocation();
  const search = new URLSearchParams(useSearch());
  const range = {
    from: search.get('from') ?? dayOf(Date.now() - 29 * DAY),
    to: search.get('to') ?? dayOf(Date.now() + DAY),
    groupBy: (search.get('groupBy') ?? 'day') as Group,
  };
  return {
    ...range,
    change: (part: Partial<typeof range>) => go(path + query({ ...range, ...part }), { replace: true }),
  };
}

export default function UsageView() {
  const { from, to, groupBy, change } = useRange();
  const asked = { from, to, groupBy };
  const usage = useQuery({
    queryKey: ['usage', asked],
    queryFn: () => call<Usage>('GET', `/api/usage${query(asked)}`),
    placeholderData: (before) => before,
  });
  return (
    <View
      title={text.usage.title}
      actions={
        <Anchor href={`/api/usage${query({ ...asked, format: 'csv' })}`} download>
          {text.usage.csv}
        </Anchor>
      }
    >
      <Group align="flex-end">
        <TextInput
          type="date"
          label={text.usage.from}
          value={from}
          onChange={(event) => change({ from: event.currentTarget.value })}
        />
        <TextInput
          type="date"
          label={text.usage.to}
          value={to}
          onChange={(event) => change({ to: event.currentTarget.value })}
        />
        <SegmentedControl
          aria-label={text.usage.group}
          value={groupBy}
          onChange={(value) => change({ groupBy: value as Group })}
          data={GROUPS.map((value) => ({ value, label: text.usage.groups[value] }))}
        />
      </Group>
      <Loaded from={usage}>
        {(data) =>
          data.items.length === 0 ? <Empty>{text.usage.empty}</Empty> : <Figures usage={data} by={groupBy} />
        }
      </Loaded>
    </View>
  );
}

function Figures({ usage, by }: { usage: Usage; by: Group }) {
  const { items, totals, priceList } = usage;
  const rows = items.map((item) => ({ ...item, name: nameOf(item, by) }));
  return (
    <Stack>
      {totals.unpricedAttempts > 0 && (
        <Alert color="yellow">{text.usage.unpriced(totals.unpricedAttempts)}</Alert>
      )}
      <Card withBorder>
        <Suspense fallback={<div style={{ minHeight: 240 }} />}>
          <UsageChart rows={rows} />
        </Suspense>
      </Card>
      <DataTable
        label={text.usage.title}
        head={[
          text.usage.groups[by],
          text.overview.requests,
          text.overview.errors,
          text.usage.input,
          text.usage.cached,
          text.usage.output,
          text.overview.cost,
        ]}
      >
        {rows.map((row) => (
          <Table.Tr key={row.name}>
            <Table.Td className="wrap">{row.name}</Table.Td>
            <Counts of={row} />
          </Table.Tr>
        ))}
        <Table.Tr fw={700}>
          <Table.Td>{text.usage.total}</Table.Td>
          <Counts of={totals} />
        </Table.Tr>
      </DataTable>
      <Text size="xs" c="dimmed">
        {priceList && text.usage.prices(priceList.name, priceList.date)}{' '}
        {totals.estimatedAttempts > 0 &&
          text.usage.estimated(percent(totals.estimatedAttempts, totals.attempts))}{' '}
        {usage.timeZone}
      </Text>
    </Stack>
  );
}

function nameOf(item: UsageItem, by: Group): string {
  return (by === 'key' ? (item.keyName ?? item.key) : item[by]) ?? text.actions.none;
}

function Counts({ of }: { of: UsageCounts }) {
  return (
    <>
      <Table.Td className="numbers">{exact(of.requests)}</Table.Td>
      <Table.Td className="numbers">{exact(of.errors)}</Table.Td>
      <Table.Td className="numbers">{exact(of.inputTokens + of.cacheCreationTokens)}</Table.Td>
      <Table.Td className="numbers">{exact(of.cacheReadTokens)}</Table.Td>
      <Table.Td className="numbers">{exact(of.outputTokens)}</Table.Td>
      <Table.Td className="numbers">{usd(of.costUsd)}</Table.Td>
    </>
  );
}
