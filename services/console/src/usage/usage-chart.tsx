import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import type { UsageItem } from '../api/types.ts';
import { usd, usdStep } from '../parts/format.ts';
import { text } from '../text.ts';

const MOST_BARS = 40;

/** Cost by what the table is by; the dearest where there are many. */
export default function UsageChart({ rows }: { rows: readonly (UsageItem & { name: string })[] }) {
  const shown =
    rows.length <= MOST_BARS ? rows : rows.toSorted((a, b) => b.costUsd - a.costUsd).slice(0, MOST_BARS);
  return (
    <BarChart
      h={240}
      data={shown.map(({ name, costUsd }) => ({ name, costUsd }))}
      dataKey="name"
      valueFormatter={usd}
      maxBarWidth={48}
      yAxisProps={{ width: 80, tickFormatter: usdStep }}
      series={[{ name: 'costUsd', label: text.overview.cost, color: 'indigo.6' }]}
    />
  );
}
