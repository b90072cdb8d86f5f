import { Fieldset, NativeSelect, NumberInput, SimpleGrid } from '@mantine/core';
import type { Budget, Limits } from '../api/types.ts';
import { text } from '../text.ts';

export interface LimitsDraft {
  limits: Limits;
  budgetUsd: number | undefined;
  period: Budget['period'];
}

export function draftOf(of: { limits?: Limits; budget?: Budget } | undefined): LimitsDraft {
  return { limits: of?.limits ?? {}, budgetUsd: of?.budget?.usd, period: of?.budget?.period ?? 'month' };
}

/** What the REST API takes; null takes away what was there. */
export function bodyOf({ limits, budgetUsd, period }: LimitsDraft, edits: boolean): object {
  const given = Object.values(limits).some((value) => value !== undefined);
  return {
    ...(given ? { limits } : edits ? { limits: null } : {}),
    ...(budgetUsd === undefined ? (edits ? { budget: null } : {}) : { budget: { usd: budgetUsd, period } }),
  };
}

const FIELDS = [
  ['requestsPerMinute', text.keys.rpm],
  ['tokensPerMinute', text.keys.tpm],
  ['concurrentRequests', text.keys.concurrent],
] as const;

export function LimitsFields({
  draft,
  change,
}: {
  draft: LimitsDraft;
  change: (draft: LimitsDraft) => void;
}) {
  return (
    <Fieldset legend={text.keys.limits}>
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        {FIELDS.map(([name, label]) => (
          <NumberInput
            key={name}
            label={label}
            min={1}
            allowDecimal={false}
            value={draft.limits[name] ?? ''}
            onChange={(value) => change({ ...draft, limits: { ...draft.limits, [name]: numberOf(value) } })}
          />
        ))}
      </SimpleGrid>
      <SimpleGrid cols={2} mt="sm">
        <NumberInput
          label={text.keys.budget}
          min={0}
          decimalScale={2}
          value={draft.budgetUsd ?? ''}
          onChange={(value) => change({ ...draft, budgetUsd: numberOf(value) })}
        />
        <NativeSelect
          label={text.keys.period}
          value={draft.period}
          onChange={(event) => change({ ...draft, period: event.currentTarget.value as Budget['period'] })}
          data={Object.entries(text.keys.periods).map(([value, label]) => ({ value, label }))}
        />
      </SimpleGrid>
    </Fieldset>
  );
}

function numberOf(value: string | number): number | undefined {
  return value === '' ? undefined : Number(value);
}
