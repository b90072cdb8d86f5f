import { Progress, Stack, Text } from '@mantine/core';
import type { Budget, Limits } from '../api/types.ts';
import { compact, usd } from '../parts/format.ts';
import { text } from '../text.ts';

export function LimitsLine({ of = {} }: { of: Limits | undefined }) {
  const parts = [
    of.requestsPerMinute === undefined ? undefined : `${compact(of.requestsPerMinute)} req/min`,
    of.tokensPerMinute === undefined ? undefined : `${compact(of.tokensPerMinute)} tok/min`,
    of.concurrentRequests === undefined ? undefined : `${compact(of.concurrentRequests)} at once`,
  ].filter((part) => part !== undefined);
  return <Text size="xs">{parts.join(', ') || text.actions.none}</Text>;
}

export function BudgetLine({ of }: { of: Budget | undefined }) {
  if (of === undefined) return <Text size="xs">{text.actions.none}</Text>;
  const { usd: limit, period, spentUsd } = of;
  const share = spentUsd === undefined || limit === 0 ? 0 : (100 * spentUsd) / limit;
  return (
    <Stack gap={2} miw={110}>
      <Text size="xs" className="numbers">
        {spentUsd === undefined ? '' : `${usd(spentUsd)} of `}
        {usd(limit)} / {text.keys.periods[period]}
      </Text>
      {spentUsd !== undefined && (
        <Progress
          size="xs"
          value={Math.min(100, share)}
          color={share >= 100 ? 'red' : share >= 80 ? 'orange' : 'teal'}
          aria-label={text.keys.budget}
        />
      )}
    </Stack>
  );
}
