import '@mantine/charts/styles.css';
import { AreaChart, BarChart, LineChart } from '@mantine/charts';
import { Card, SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { OverviewPoint } from '../api/types.ts';
import { clockOf, compact, usd, usdStep } from '../parts/format.ts';
import { text } from '../text.ts';

const HEIGHT = 200;

export default function OverviewCharts({
  series,
}: {
  series: readonly OverviewPoint[];
  stepSeconds: number;
}) {
  const data = series.map((point) => ({
    ...point,
    time: clockOf(point.at),
    fine: point.requests - point.errors,
    input: point.inputTokens + point.cacheReadTokens + point.cacheCreationTokens,
  }));
  const common = { h: HEIGHT, data, dataKey: 'time', withLegend: true };
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Chart title={text.overview.chartRequests}>
        <BarChart
          {...common}
          type="stacked"
          series={[
            { name: 'fine', label: text.overview.requests, color: 'teal.6' },
            { name: 'errors', label: text.overview.errors, color: 'red.6' },
          ]}
        />
      </Chart>
      <Chart title={text.overview.chartLatency}>
        <LineChart
          {...common}
          withDots={series.filter(({ p50Ms }) => p50Ms !== undefined).length < 3}
          connectNulls
          series={[
            { name: 'p50Ms', label: 'p50', color: 'teal.6' },
            { name: 'p95Ms', label: 'p95', color: 'indigo.6' },
            { name: 'p99Ms', label: 'p99', color: 'orange.6' },
          ]}
        />
      </Chart>
      <Chart title={text.overview.chartTokens}>
        <AreaChart
          {...common}
          withDots={false}
          valueFormatter={compact}
          series={[
            { name: 'input', label: text.usage.input, color: 'indigo.6' },
            { name: 'outputTokens', label: text.usage.output, color: 'teal.6' },
          ]}
        />
      </Chart>
      <Chart title={text.overview.chartCost}>
        <AreaChart
          {...common}
          withDots={false}
          valueFormatter={usd}
          yAxisProps={{ width: 64, tickFormatter: usdStep }}
          series={[{ name: 'costUsd', label: text.overview.cost, color: 'grape.6' }]}
        />
      </Chart>
    </SimpleGrid>
  );
}

function Chart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder component="figure" m={0}>
      <Text component="figcaption" size="sm" fw={600} mb="sm">
        {title}
      </Text>
      {children}
    </Card>
  );
}
