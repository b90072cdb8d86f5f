import {
  Amount,
  Flag,
  Moment,
  Name,
  OneOf,
  Section,
  Sections,
  Sha256,
  Text,
  TextMap,
  Texts,
  TimeZone,
  Whole,
} from './fields.js';
import { BUDGET_PERIODS, type BudgetPeriod } from './snapshot.types.js';

const COUNT = { min: 1, max: 1_000_000_000 };

export class LimitsSection {
  @Whole(COUNT, { about: 'Requests within any 60 seconds.' })
  requestsPerMinute?: number;

  @Whole(COUNT, {
    about: 'Tokens within any 60 seconds: input, output and cached ones, as providers count them.',
  })
  tokensPerMinute?: number;

  @Whole(COUNT, { about: 'Requests at once.' })
  concurrentRequests?: number;
}

export class BudgetSection {
  @Amount({ min: 0, max: 1_000_000_000 }, { about: 'USD that may be spent in a period.', required: true })
  usd!: number;

  @OneOf(BUDGET_PERIODS, {
    about: 'What the budget is for; it begins at midnight, on Monday, or on the first.',
    required: true,
  })
  period!: BudgetPeriod;

  @Whole({ min: 1, max: 100 }, { about: 'Per cent of it after which a webhook and a metric tell people.' })
  warnAtPercent: number = 80;
}

export class TeamEntry {
  @Name({ about: 'What keys call it in `team`.', required: true })
  name!: string;

  @TextMap({ about: 'Anything that helps people to tell teams apart.' })
  labels?: Record<string, string>;

  @Texts({ about: 'Models for its keys that name none; `*` stands for anything.' })
  models?: string[];

  @Texts({ about: 'Providers for its keys that name none; `*` stands for anything.' })
  providers?: string[];

  @Section(() => LimitsSection, { about: 'Limits that all of its keys share.' })
  limits?: LimitsSection;

  @Section(() => BudgetSection, { about: 'The budget that all of its keys share.' })
  budget?: BudgetSection;
}

export class ClientKeyEntry {
  @Name({ about: 'Its id is `file_` and this name.', required: true })
  name!: string;

  @Sha256({ about: 'SHA-256 of the key in hex: `printf %s "$KEY" | sha256sum`.', required: true })
  hash!: string;

  @Name({ about: 'A name under `teams`, or of a team that REST has made.' })
  team?: string;

  @Text({ about: 'Who answers for it.' })
  owner?: string;

  @TextMap({ about: 'Anything that helps people to tell keys apart.' })
  labels?: Record<string, string>;

  @Texts({ about: "Models it may ask for, `*` stands for anything; absent: its team's, else all." })
  models?: string[];

  @Texts({ about: "Providers that may serve it, `*` stands for anything; absent: its team's, else all." })
  providers?: string[];

  @Flag({ about: 'May choose the provider of a request by `x-muxgate-provider`.' })
  mayPin: boolean = false;

  @Moment({ about: 'The end of its life.' })
  expiresAt?: string;

  @Flag({ about: 'Refuses it without forgetting it.' })
  disabled?: boolean;

  @Section(() => LimitsSection, { about: 'Limits of this key alone.' })
  limits?: LimitsSection;

  @Section(() => BudgetSection, { about: 'The budget of this key alone.' })
  budget?: BudgetSection;
}

export class ClientsSection {
  @OneOf(['required', 'disabled'], {
    about:
      'Whether callers need a client key. `disabled` is allowed only where `HOST` is a loopback address.',
  })
  authentication: 'required' | 'disabled' = 'required';

  @TimeZone({ about: 'Where days, weeks and months of budgets begin, such as `Europe/Berlin`.' })
  timeZone: string = 'UTC';

  @Sections(() => TeamEntry, { about: 'Teams; they win over those of the same name that REST has made.' })
  teams: TeamEntry[] = [];

  @Sections(() => ClientKeyEntry, { about: 'Client keys by their hashes, besides those that REST has made.' })
  keys: ClientKeyEntry[] = [];
}
