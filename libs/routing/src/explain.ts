import type { ConfigSnapshot, Protocol, TargetConfig } from '@muxgate/config';
import { AppError } from '@muxgate/runtime';
import { isAllowed } from './allow-list.js';
import { isServing, type Candidate } from './candidates.js';
import type { RequestRouter, RoutableRequest, Routing, Targets } from './request-router.js';

export interface RouteExplanation {
  readonly rule: string;
  readonly model: string;
  readonly why: string;
  /** those that may serve in the order to be tried, then those that cannot */
  readonly targets: readonly TargetExplanation[];
  /** what the gateway would answer instead of serving the request */
  readonly refusal?: { readonly status: number; readonly code: string; readonly message: string };
}

export interface TargetExplanation {
  readonly provider: string;
  readonly model: string;
  readonly priority: number;
  readonly weight: number;
  /** `first` would be tried now, `next` should the ones before fail; `resting` is passed over; `unable` never serves this */
  readonly state: 'first' | 'next' | 'resting' | 'unable';
  readonly why: string;
  /** id of the stored credential that goes on the request, where the provider's `auth` names one */
  readonly credential?: string;
}

/** A target that rests, for everyone or for one credential. */
export interface CoolingTarget {
  readonly provider: string;
  readonly model: string;
  readonly credential?: string;
  /** epoch milliseconds */
  readonly until: number;
}

/** What the gateway would do with a request now, and why: the same code, told in words. */
export function explainRoute(
  requests: RequestRouter,
  request: RoutableRequest,
  coolDowns: readonly CoolingTarget[],
  now: number,
): RouteExplanation {
  const routing = requests.decide(request);
  const { rule, model } = routing;
  const decided = { rule, model, why: whyRule(routing, request.snapshot) };
  try {
    const targets = requests.targets(request, model);
    return { ...decided, targets: explainTargets(request, targets, coolDowns, now) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { status, code, message } = error;
    return { ...decided, targets: unableTargets(request, model, []), refusal: { status, code, message } };
  }
}

function whyRule({ rule, model, signals, router }: Routing, snapshot: ConfigSnapshot): string {
  switch (rule) {
    case 'webSearch':
      return 'a tool has a type that begins with web_search';
    case 'subagent':
      return 'a subagent tag names it';
    case 'think':
      return 'the request asks for thinking';
    case 'background':
      return router.backgroundPattern.test(signals.model)
        ? `the name that was asked for matches backgroundPattern ${router.backgroundPattern.pattern()}`
        : `the request class is ${signals.requestClass}`;
    case 'image':
      return 'a message holds an image';
    case 'longContext':
      return `about ${signals.inputTokens} input tokens are more than ${router.longContext?.thresholdTokens}`;
    case 'default':
      return model === signals.model
        ? 'no entry of the router applies'
        : `autoMap ${router.autoMap?.pattern()} maps ${JSON.stringify(signals.model)} to it`;
    default: {
      const found = snapshot.router.rules.find(({ name }) => `rule:${name}` === rule);
      return `all that the rule asks for holds: ${Object.keys(found?.when ?? {}).join(', ')}`;
    }
  }
}

function explainTargets(
  request: RoutableRequest,
  { model, candidates, session, pin }: Targets,
  coolDowns: readonly CoolingTarget[],
  now: number,
): TargetExplanation[] {
  let first = true;
  const able = candidates.map((candidate): TargetExplanation => {
    const credential = credentialOf(candidate);
    if (credential.credential === '')
      return told(
        candidate.target,
        'unable',
        'the client has no credential of its own for it: its team is missing',
      );
    const until = restsUntil(candidate, coolDowns, now);
    // the only target is tried whatever its health
    if (until > now && candidates.length > 1)
      return {
        ...told(candidate.target, 'resting', `it failed and rests until ${new Date(until).toISOString()}`),
        ...credential,
      };
    const state = first ? 'first' : 'next';
    first = false;
    const place = whyPlace(candidate, candidates, session, pin);
    return {
      ...told(candidate.target, state, place + whyTranslated(candidate, request.protocol)),
      ...credential,
    };
  });
  return [...able, ...unableTargets(request, model.name, candidates, pin)];
}

/** As the gateway keeps health by it: with `{client}` and `{team}` replaced, and empty where that cannot be. */
function credentialOf({ place, provider }: Candidate): { credential?: string } {
  return 'credential' in provider.auth ? { credential: place.credential } : {};
}

function whyPlace(
  { target }: Candidate,
  candidates: readonly Candidate[],
  session: string | undefined,
  pin: string | undefined,
): string {
  const place = pin === undefined ? `priority ${target.priority}` : `pinned, priority ${target.priority}`;
  const equals = candidates.filter((other) => other.target.priority === target.priority);
  if (equals.length === 1) return place;
  const share = `weight ${target.weight} of ${equals.reduce((sum, other) => sum + other.target.weight, 0)}`;
  return session === undefined ? `${place}, drawn by ${share}` : `${place}, the session’s place by ${share}`;
}

function whyTranslated({ provider }: Candidate, protocol: Protocol): string {
  return provider.protocol === protocol ? '' : `, translated to ${provider.protocol}`;
}

function unableTargets(
  { snapshot, client }: RoutableRequest,
  name: string,
  able: readonly Candidate[],
  pin?: string,
): TargetExplanation[] {
  const targets = snapshot.models.get(name)?.targets ?? [];
  const served = new Set(able.map(({ target }) => target));
  return targets
    .filter((target) => !served.has(target))
    .map((target) => {
      if (!isServing(snapshot.providers.get(target.provider)))
        return told(target, 'unable', 'its provider is not enabled');
      if (!isAllowed(client.providers, target.provider))
        return told(target, 'unable', 'the client key may not use its provider');
      return told(target, 'unable', pin === undefined ? 'the request is refused' : `${pin} is pinned`);
    });
}

function restsUntil({ place }: Candidate, coolDowns: readonly CoolingTarget[], now: number): number {
  const mine = coolDowns.filter(
    ({ provider, model, credential }) =>
      provider === place.provider &&
      model === place.model &&
      (credential === undefined || credential === place.credential),
  );
  return Math.max(now, ...mine.map(({ until }) => until));
}

function told(
  { provider, model, priority, weight }: TargetConfig,
  state: TargetExplanation['state'],
  why: string,
): TargetExplanation {
  return { provider, model, priority, weight, state, why };
}
