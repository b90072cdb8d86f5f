import type { Command } from 'commander';
import { collect } from '../command.js';
import { usageFailure } from '../failure.js';
import type { Tone } from '../output/text.js';
import {
  budgetText,
  limitsOf,
  limitsText,
  withLimitOptions,
  type Budget,
  type LimitOptions,
  type Limits,
} from './limits.js';

/** What keys and teams have alike, as the API shows it. */
export interface Access {
  readonly source: 'file' | 'api';
  readonly labels?: Readonly<Record<string, string>>;
  readonly models?: readonly string[];
  readonly providers?: readonly string[];
  readonly limits?: Limits;
  readonly budget?: Budget;
}

export interface AccessOptions extends LimitOptions {
  readonly label?: readonly string[];
  readonly model?: readonly string[];
  readonly provider?: readonly string[];
}

export function withAccessOptions(command: Command): Command {
  return withLimitOptions(
    command
      .option('--label <name=value>', 'a label; may be repeated', collect)
      .option('--model <pattern>', 'a model to be asked for, * stands for anything; may be repeated', collect)
      .option('--provider <pattern>', 'a provider that may serve, likewise; may be repeated', collect),
  );
}

/** As the REST API names them; what was not given is absent. */
export function accessOf(options: AccessOptions): Partial<Omit<Access, 'source'>> {
  return {
    ...(options.label === undefined ? {} : { labels: labelsOf(options.label) }),
    ...(options.model === undefined ? {} : { models: options.model }),
    ...(options.provider === undefined ? {} : { providers: options.provider }),
    ...limitsOf(options),
  };
}

/** The API takes labels and limits as wholes; here what is not given stays as it was. */
export function mergedAccess(before: Access, given: Partial<Omit<Access, 'source'>>): object {
  return {
    ...given,
    ...(given.labels === undefined ? {} : { labels: { ...before.labels, ...given.labels } }),
    ...(given.limits === undefined ? {} : { limits: { ...before.limits, ...given.limits } }),
  };
}

/** `null` for each: how the API is told to take something away. */
export function withdrawn(
  names: readonly string[] | undefined,
  allowed: readonly string[],
): Record<string, null> {
  const unknown = names?.find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw usageFailure(`"${unknown}" cannot be unset: use ${allowed.join(', ')}.`);
  return Object.fromEntries((names ?? []).map((name) => [name, null]));
}

export const UNSETTABLE = ['labels', 'models', 'providers', 'limits', 'budget'];

export function accessFields(access: Access): Array<[string, unknown, Tone?]> {
  return [
    [
      'labels',
      Object.entries(access.labels ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    ],
    ['models', access.models?.join(' ')],
    ['providers', access.providers?.join(' ')],
    ['limits', limitsText(access.limits)],
    ['budget', budgetText(access.budget)],
    ['declared in', access.source === 'file' ? 'the configuration file' : undefined],
  ];
}

function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined || value === undefined) {
        throw usageFailure(`"${pair}" is no label: write name=value.`);
      }
      return [name, value];
    }),
  );
}
