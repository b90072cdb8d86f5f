import { ClientsSection, LimitsSection } from './clients.document.js';
import { Amount, Flag, Name, Section, Sections, Text, Texts, Whole, ModelName } from './fields.js';
import { ConsoleSection } from './console.document.js';
import { OAuthProviderEntry } from './oauth-provider.document.js';
import { ProviderEntry } from './provider.document.js';
import { RouterSection } from './router.document.js';
import { WebhookEntry } from './webhook.document.js';

export class UsageSection {
  @Whole({ min: 7, max: 400 }, { about: 'Days for which usage is kept by the hour.' })
  hourRetentionDays: number = 35;

  @Whole({ min: 31, max: 4000 }, { about: 'Days for which usage is kept by the day.' })
  dayRetentionDays: number = 800;

  @Whole({ min: 1, max: 400 }, { about: 'Days for which a request stays in the request log.' })
  requestRetentionDays: number = 30;

  @Whole(
    { min: 1000, max: 10_000_000 },
    { about: 'Requests that the request log holds at most; a row takes some 300 bytes of Redis.' },
  )
  requestRows: number = 200_000;
}

export class TargetEntry {
  @Name({ about: 'A name under `providers`.', required: true })
  provider!: string;

  @Text({ about: "The model's name at that provider.", required: true })
  model!: string;

  @Whole({ min: 0, max: 1000 }, { about: 'Lower is tried first.' })
  priority: number = 1;

  @Whole({ min: 1, max: 1000 }, { about: 'The share among targets of equal priority.' })
  weight: number = 1;
}

const PRICE = { min: 0, max: 1_000_000 };

export class PricingSection {
  @Amount(PRICE, { about: 'USD per million input tokens.', required: true })
  input!: number;

  @Amount(PRICE, { about: 'USD per million output tokens.', required: true })
  output!: number;

  @Amount(PRICE, {
    about: 'USD per million tokens read from a prompt cache.',
    defaultText: 'that of `input`',
  })
  cacheRead?: number;

  @Amount(PRICE, {
    about: 'USD per million tokens written to a prompt cache.',
    defaultText: 'that of `input`',
  })
  cacheWrite?: number;

  @Amount(PRICE, {
    about: 'USD per million tokens written to a prompt cache that keeps them for an hour.',
    defaultText: 'that of `cacheWrite`',
  })
  cacheWrite1h?: number;
}

export class ModelEntry {
  @ModelName({ about: 'What clients ask for.', required: true })
  name!: string;

  @Sections(() => TargetEntry, {
    about: 'Where requests for it can go: tried by ascending priority, equal priority shares by weight.',
    required: true,
  })
  targets!: TargetEntry[];

  @Section(() => PricingSection, {
    about: 'What it costs, for accounting; without it a price list knows the models of many vendors.',
  })
  pricing?: PricingSection;

  @Section(() => LimitsSection, { about: 'Limits of all requests that it serves, whoever asks.' })
  limits?: LimitsSection;
}

const DAYS = { min: 0, max: 3_650 };

export class ReaperSection {
  @Flag({ about: 'Removes dead credentials every hour; otherwise only when asked by REST.' })
  automatic: boolean = false;

  @Whole(DAYS, { about: 'Days to keep one whose authorization has to be given again.' })
  reauthorizationRequiredDays: number = 30;

  @Whole(DAYS, { about: 'Days to keep one that its provider blocked.' })
  blockedDays: number = 30;

  @Whole(DAYS, {
    about: 'Days without a living token to keep one whose refreshes fail, or whose OAuth provider is gone.',
  })
  failingDays: number = 90;
}

/** The configuration file of contract section 4. */
export class ConfigDocument {
  @Whole({ min: 1, max: 1 }, { about: 'The version of this format.', required: true })
  version!: 1;

  @Section(() => ClientsSection, { about: 'The callers of the gateway.' })
  clients: ClientsSection = new ClientsSection();

  @Sections(() => OAuthProviderEntry, { about: 'Where upstream tokens come from.' })
  oauthProviders: OAuthProviderEntry[] = [];

  @Sections(() => ProviderEntry, { about: 'The upstream APIs.' })
  providers: ProviderEntry[] = [];

  @Sections(() => ModelEntry, { about: 'The catalogue: the names that clients can ask for.' })
  models: ModelEntry[] = [];

  @Section(() => UsageSection, { about: 'For how long accounts are kept.' })
  usage: UsageSection = new UsageSection();

  @Section(() => ReaperSection, { about: 'What becomes of credentials that no refresh can help any more.' })
  reaper: ReaperSection = new ReaperSection();

  @Texts({
    about:
      '[Plugins](../plugins.md): ESM modules that add presets and header hooks; paths that begin at this file, or packages. Loaded at start only.',
  })
  plugins: string[] = [];

  @Section(() => RouterSection, { about: 'Which model serves a request, beyond the name it asks for.' })
  router: RouterSection = new RouterSection();

  @Section(() => ConsoleSection, {
    about: 'Who may sign in to the web console, and for how long.',
    usedBy: ['auth'],
  })
  console: ConsoleSection = new ConsoleSection();

  @Sections(() => WebhookEntry, {
    about: 'Who hears of events that people must know of.',
    usedBy: ['auth', 'worker'],
  })
  webhooks: WebhookEntry[] = [];
}
