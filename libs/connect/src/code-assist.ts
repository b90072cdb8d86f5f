import { setTimeout as sleep } from 'node:timers/promises';
import { isFields, textOf, type Fields } from '@muxgate/oauth';
import type { Granted } from './establish.js';
import type { FollowUpParts, Notes } from './follow-up.js';
import { callVendor } from './vendor-call.js';

const METADATA = {
  ideType: 'IDE_UNSPECIFIED',
  platform: 'PLATFORM_UNSPECIFIED',
  pluginType: 'GEMINI',
} as const;
const LOOKS = 6;
const LOOK_EVERY_MS = 5_000;

/** Finds, or has made, the project that Gemini Code Assist serves the account from. */
export async function setUpCodeAssist(_parts: FollowUpParts, granted: Granted): Promise<Notes> {
  const loaded = await post(granted, ':loadCodeAssist', { metadata: METADATA });
  const project = textOf(loaded['cloudaicompanionProject']);
  const tier = idOf(loaded['currentTier']);
  if (tier !== undefined) return { tier, ...(project === undefined ? {} : { project }) };
  const [ineligible] = listOf(loaded['ineligibleTiers']);
  const wanted = listOf(loaded['allowedTiers']).find((allowed) => allowed['isDefault'] === true);
  const tierId = idOf(wanted);
  if (tierId === undefined) return { tier: `none: ${textOf(ineligible?.['reasonCode']) ?? 'not eligible'}` };
  return onboard(granted, tierId, project);
}

/** The free tier must not name a project. */
async function onboard(granted: Granted, tier: string, project: string | undefined): Promise<Notes> {
  const named = tier === 'free-tier' || project === undefined ? {} : { cloudaicompanionProject: project };
  let operation = await post(granted, ':onboardUser', { tierId: tier, ...named, metadata: METADATA });
  for (let look = 0; operation['done'] !== true && look < LOOKS; look++) {
    const name = textOf(operation['name']);
    if (name === undefined || !/^[\w./-]+$/.test(name)) break;
    await sleep(LOOK_EVERY_MS);
    operation = await call(granted, { method: 'GET', path: `/v1internal/${name}` });
  }
  if (operation['done'] !== true) return { tier: `${tier}: onboarding is not finished` };
  const { response } = operation;
  const made = isFields(response) ? response['cloudaicompanionProject'] : undefined;
  const id = idOf(made) ?? textOf(made);
  return { tier, ...(id === undefined ? {} : { project: id }) };
}

function post(granted: Granted, action: string, body: object): Promise<Fields> {
  return call(granted, { method: 'POST', path: `/v1internal${action}`, body });
}

function call({ provider, http, tokenSet }: Granted, request: Parameters<typeof callVendor>[3]) {
  return callVendor(provider, http, tokenSet.accessToken, request);
}

function idOf(value: unknown): string | undefined {
  return isFields(value) ? textOf(value['id']) : undefined;
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
