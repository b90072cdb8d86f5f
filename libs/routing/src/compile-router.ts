import type { RouterConfig, RouterRuleConfig } from '@muxgate/config';
import { RE2JS } from 're2js';

/** A router whose patterns are ready to run. */
export interface CompiledRouter extends Omit<RouterConfig, 'autoMap' | 'backgroundPattern' | 'rules'> {
  readonly autoMap?: RE2JS;
  readonly backgroundPattern: RE2JS;
  readonly rules: readonly CompiledRule[];
}

export interface CompiledRule {
  readonly name: string;
  readonly when: Omit<RouterRuleConfig['when'], 'model' | 'header'> & {
    readonly model?: RE2JS;
    readonly headers: readonly (readonly [name: string, value: RE2JS])[];
  };
  readonly use: string;
}

export function compileRouter(config: RouterConfig): CompiledRouter {
  const { autoMap, backgroundPattern, rules, ...entries } = config;
  return {
    ...entries,
    ...(autoMap === undefined ? {} : { autoMap: RE2JS.compile(autoMap) }),
    backgroundPattern: RE2JS.compile(backgroundPattern),
    rules: rules.map(compileRule),
  };
}

function compileRule({ name, when, use }: RouterRuleConfig): CompiledRule {
  const { model, header = {}, ...others } = when;
  return {
    name,
    when: {
      ...others,
      ...(model === undefined ? {} : { model: RE2JS.compile(model) }),
      headers: Object.entries(header).map(([key, pattern]) => [key, RE2JS.compile(pattern)] as const),
    },
    use,
  };
}
