import type { CompiledRouter, CompiledRule } from './compile-router.js';
import type { RouteSignals } from './signals.js';

export interface RouteDecision {
  /** `rule:<name>`, `webSearch`, `subagent`, `think`, `background`, `image`, `longContext` or `default` */
  readonly rule: string;
  /** a name of the catalogue, or what the client asked for where nothing changed it */
  readonly model: string;
}

const FOREGROUND = new Set(['main', 'subagent']);

/**
 * Which model serves a request, and by which rule: contract section 6, in its order. Signals are read only where
 * an entry of the router asks for them, so what they cost is paid by those who configured it.
 */
export function decide(router: CompiledRouter, signals: RouteSignals): RouteDecision {
  for (const rule of router.rules)
    if (matches(rule.when, signals)) return { rule: `rule:${rule.name}`, model: rule.use };

  if (router.webSearch !== undefined && signals.tools.some(({ type }) => type?.startsWith('web_search')))
    return { rule: 'webSearch', model: router.webSearch };

  if (signals.subagentModel !== undefined) return { rule: 'subagent', model: signals.subagentModel };

  if (router.think !== undefined && signals.thinking) return { rule: 'think', model: router.think };

  if (router.background !== undefined && isBackground(router, signals))
    return { rule: 'background', model: router.background };

  if (router.image !== undefined && signals.hasImage) return { rule: 'image', model: router.image };

  const { longContext } = router;
  if (longContext !== undefined && signals.inputTokens > longContext.thresholdTokens)
    return { rule: 'longContext', model: longContext.model };

  return { rule: 'default', model: mappedName(router, signals.model) };
}

/** A rewrite, not a decision: rules and `backgroundPattern` still see the name that was asked for. */
function mappedName({ autoMap, default: mapped }: CompiledRouter, asked: string): string {
  return autoMap !== undefined && mapped !== undefined && autoMap.test(asked) ? mapped : asked;
}

function isBackground(router: CompiledRouter, { requestClass, model }: RouteSignals): boolean {
  if (requestClass !== undefined && !FOREGROUND.has(requestClass)) return true;
  return router.backgroundPattern.test(model);
}

/** The cheap conditions first: what is inside the body is looked at last. */
function matches(when: CompiledRule['when'], signals: RouteSignals): boolean {
  return (
    isAmong(when.client, signals.client) &&
    isAmong(when.team, signals.team) &&
    isAmong(when.requestClass, signals.requestClass) &&
    (when.thinking === undefined || when.thinking === signals.thinking) &&
    (when.model === undefined || when.model.test(signals.model)) &&
    when.headers.every(([name, pattern]) => {
      const value = signals.header(name);
      return value !== undefined && pattern.test(value);
    }) &&
    hasTool(when.tool, signals) &&
    (when.image === undefined || when.image === signals.hasImage) &&
    (when.minTokens === undefined || signals.inputTokens >= when.minTokens)
  );
}

function isAmong(wanted: readonly string[] | undefined, value: string | undefined): boolean {
  return wanted === undefined || (value !== undefined && wanted.includes(value));
}

function hasTool(wanted: readonly string[] | undefined, signals: RouteSignals): boolean {
  if (wanted === undefined) return true;
  return signals.tools.some(({ name, type }) => isAmong(wanted, name) || isAmong(wanted, type));
}
