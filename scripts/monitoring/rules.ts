import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

export const RULES_DIRECTORY = 'k8s/components/monitoring/rules';

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Where it is written. */
  readonly file: string;
}

/** The rule files, by their absolute paths. */
export async function ruleFiles(): Promise<string[]> {
  const names = await readdir(RULES_DIRECTORY);
  return names
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .map((name) => resolve(join(RULES_DIRECTORY, name)));
}

export async function readRules(): Promise<Rule[]> {
  const rules: Rule[] = [];
  for (const file of await ruleFiles()) {
    const { groups } = parse(await readFile(file, 'utf8')) as { groups: { rules: Rule[] }[] };
    rules.push(...groups.flatMap((group) => group.rules.map((rule) => ({ ...rule, file }))));
  }
  return rules;
}
