import { Command } from 'commander';
import { action, examples, pointInTime, type CommandParts } from '../command.js';
import { usageFailure } from '../failure.js';
import type { Output } from '../output/output.js';
import { renderTable, type Column } from '../output/table.js';
import { plain } from '../output/text.js';

const GROUPS = ['key', 'team', 'model', 'provider', 'day'];

interface UsageOptions {
  readonly from: string;
  readonly to?: string;
  readonly by: string;
  readonly csv?: boolean;
}

/** One group, as the API adds it up; the names of its dimensions are those that were asked for. */
interface Sums {
  readonly requests: number;
  readonly errors: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheCreationTokens: number;
  readonly costUsd: number;
  readonly estimatedCostUsd: number;
  readonly unpricedAttempts: number;
}
type Item = Sums & { readonly keyName?: string } & Readonly<Partial<Record<string, string | number>>>;

interface Usage {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
  readonly items: readonly Item[];
  readonly totals: Sums;
  readonly priceList: { readonly name: string; readonly date: string };
}

export function usageCommand(parts: CommandParts): Command {
  return new Command('usage')
    .description('Show requests, tokens and cost')
    .option('--from <when>', 'a span back from now, such as 7d, or a day', '30d')
    .option('--to <when>', 'likewise; a day is included (default: now)')
    .option('--by <groups>', `what to group by: ${GROUPS.join(', ')}, separated by commas`, 'team,model')
    .option('--csv', 'print CSV')
    .addHelpText(
      'after',
      `\nDays begin and end in the time zone of the organisation.\n${examples('muxgate usage', 'muxgate usage --from 2026-11-01 --to 2026-11-30 --by key --csv > november.csv')}`,
    )
    .action(
      action<UsageOptions>(parts, async ({ api, out, io }, { from, to, by, csv }) => {
        const groups = by.split(',').map((group) => group.trim());
        const unknown = groups.find((group) => !GROUPS.includes(group));
        if (unknown !== undefined) throw usageFailure(`"${unknown}" is no group: use ${GROUPS.join(', ')}.`);
        const query = {
          from: dayOrTime(from, io.now()),
          to: to && dayOrTime(to, io.now()),
          groupBy: groups.join(','),
        };
        if (csv === true) {
          out.print(await api.get<string>('/api/usage', { ...query, format: 'csv' }));
          return;
        }
        const usage = await api.get<Usage>('/api/usage', query);
        out.result(usage, () => rendered(usage, groups, out));
      }),
    );
}

/** A day is handed on as it is: the server knows the time zone in which it begins. */
function dayOrTime(when: string, now: number): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(when) ? when : pointInTime(when, now, 'ago');
}

function rendered({ items, totals, priceList }: Usage, groups: readonly string[], out: Output): string {
  const group = (name: string): Column<Item> => ({
    title: name.toUpperCase(),
    value: (item) => (name === 'key' ? (item.keyName ?? item['key']) : item[name]) || '(none)',
  });
  const number = (title: string, value: (item: Item) => unknown): Column<Item> => ({
    title,
    value,
    align: 'right',
  });
  const columns = [
    ...groups.map(group),
    number('REQUESTS', (item) => item.requests),
    number('ERRORS', (item) => item.errors),
    number('INPUT', (item) => item.inputTokens),
    number('CACHED', (item) => item.cacheReadTokens + item.cacheCreationTokens),
    number('OUTPUT', (item) => item.outputTokens),
    number('USD', (item) => item.costUsd.toFixed(4)),
  ];
  const notes = [
    `${totals.requests} ${totals.requests === 1 ? 'request' : 'requests'}, ${totals.costUsd.toFixed(2)} USD`,
    totals.estimatedCostUsd > 0 ? `, of which ${totals.estimatedCostUsd.toFixed(2)} USD are estimated` : '',
    totals.unpricedAttempts > 0 ? `; ${totals.unpricedAttempts} attempts have no known price` : '',
    `. Prices: the configuration, else ${plain(priceList.name)} of ${plain(priceList.date)}.`,
  ].join('');
  return items.length === 0
    ? 'Nothing was used in this time.'
    : `${renderTable(items, columns, out.style)}\n\n${notes}`;
}
