import {
  Flag,
  ModelName,
  Name,
  Pattern,
  PatternMap,
  Section,
  Sections,
  TextOrTexts,
  Whole,
} from './fields.js';

const TOKENS = { min: 1, max: 1_000_000_000 };

export class WhenSection {
  @Pattern({ about: 'The name that was asked for.' })
  model?: string;

  @PatternMap({ about: 'Request headers.' })
  header?: Record<string, string>;

  @TextOrTexts({ about: "The client key's name." })
  client?: string | string[];

  @TextOrTexts({ about: "The client key's team." })
  team?: string | string[];

  @TextOrTexts({ about: 'The name or type of a tool in the request.' })
  tool?: string | string[];

  @TextOrTexts({ about: 'The value of `x-claude-code-request-class`.' })
  requestClass?: string | string[];

  @Flag({ about: 'Whether the request asks for thinking.' })
  thinking?: boolean;

  @Flag({ about: 'Whether the request holds an image.' })
  image?: boolean;

  @Whole(TOKENS, { about: 'The least estimated number of input tokens.' })
  minTokens?: number;
}

export class RuleEntry {
  @Name({ about: 'Its name in `x-muxgate-rule`.', required: true })
  name!: string;

  @Section(() => WhenSection, { about: 'What must hold; all that are given.', required: true })
  when!: WhenSection;

  @ModelName({ about: 'A name under `models`.', required: true })
  use!: string;
}

export class LongContextSection {
  @ModelName({ about: 'The model for long inputs.', required: true })
  model!: string;

  @Whole(TOKENS, { about: 'The estimated number of input tokens above which it is used.', required: true })
  thresholdTokens!: number;
}

export class RouterSection {
  @Pattern({ about: 'Requested names that become `default`.' })
  autoMap?: string;

  @ModelName({ about: 'What `autoMap` maps to.' })
  default?: string;

  @ModelName({ about: 'The model for requests with a web search tool.' })
  webSearch?: string;

  @ModelName({ about: 'The model for requests with thinking on.' })
  think?: string;

  @ModelName({ about: 'The model for background requests.' })
  background?: string;

  @Pattern({ about: 'Requested names that mark a background request.' })
  backgroundPattern: string = '(?i)claude.*haiku';

  @Section(() => LongContextSection, { about: 'The model for long inputs, and what long means.' })
  longContext?: LongContextSection;

  @ModelName({ about: 'The model for requests with an image.' })
  image?: string;

  @Sections(() => RuleEntry, { about: "The operator's own rules; the first that matches wins." })
  rules: RuleEntry[] = [];
}
