import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isISO8601 } from 'class-validator';
import { sectionField, valueField, type Check, type Fault, type FieldOptions } from './field.js';
import { patternMistake } from './pattern.js';
import { didYouMean } from './suggest.js';

/** The kinds of values a configuration has, as decorators. */

const ID = /^[A-Za-z0-9._-]{1,128}$/;
const CREDENTIAL = /^(?:[A-Za-z0-9._-]|\{client\}|\{team\})+$/;

const fromText =
  (check: (text: string) => string | undefined): Check =>
  (value) => {
    if (typeof value !== 'string')
      return [isScalar(value) ? 'must be text; put it in quotes' : 'must be text'];
    const mistake = value.trim() === '' ? 'must not be empty' : check(value);
    return mistake === undefined ? [] : [mistake];
  };

const isScalar = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean';

const anyText = fromText(() => undefined);
const pattern = fromText(patternMistake);

export const Text = (options: FieldOptions): PropertyDecorator =>
  valueField('text', 'text', anyText, options);

/** A text that the file may only refer to: reading refuses a literal. */
export const Secret = (options: FieldOptions): PropertyDecorator =>
  valueField('secret', 'reference (`"${NAME}"`)', anyText, options);

/** A name that appears in URLs, headers, metrics and Redis keys. */
export const Name = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'text',
    'name',
    fromText((text) =>
      ID.test(text) ? undefined : 'may hold letters, digits, ".", "_" and "-", at most 128',
    ),
    options,
  );

/** A model's name: vendors use slashes, colons and more in theirs. */
export const ModelName = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'text',
    'model name',
    fromText((text) =>
      /^[!-~]{1,200}$/.test(text)
        ? undefined
        : 'may hold printable ASCII without spaces, at most 200 characters',
    ),
    options,
  );

export const CredentialId = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'text',
    'credential id',
    fromText((text) =>
      CREDENTIAL.test(text) && text.length <= 128
        ? undefined
        : 'may hold letters, digits, ".", "_", "-", {client} and {team}, at most 128 characters',
    ),
    options,
  );

export const OneOf = (values: readonly string[], options: FieldOptions): PropertyDecorator =>
  valueField(
    'text',
    values.map((value) => `\`${value}\``).join(' \\| '),
    fromText((text) => oneOf(text, values)),
    options,
  );

function oneOf(text: string, values: readonly string[]): string | undefined {
  return values.includes(text) ? undefined : `must be one of ${values.join(', ')}${didYouMean(text, values)}`;
}

export const Url = (options: FieldOptions): PropertyDecorator =>
  valueField('text', 'URL', fromText(urlMistake), options);

function urlMistake(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text))
    return 'must be a URL that begins with https:// (or http://)';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (url.hash !== '') return 'must not hold a fragment ("#…")';
  return undefined;
}

export const Pattern = (options: FieldOptions): PropertyDecorator =>
  valueField('text', 'RE2 pattern', pattern, options);

/** SHA-256 in hex. */
export const Sha256 = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'text',
    'SHA-256 in hex',
    fromText((text) =>
      /^[0-9a-f]{64}$/.test(text) ? undefined : 'must be a SHA-256: 64 lower-case hex digits',
    ),
    options,
  );

export const Moment = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'text',
    'time (ISO 8601)',
    fromText((text) =>
      isISO8601(text, { strict: true, strictSeparator: true })
        ? undefined
        : 'must be a time such as 2027-01-31T00:00:00Z',
    ),
    options,
  );

export const TimeZone = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'text',
    'IANA time zone',
    fromText((text) =>
      succeeds(() => new Intl.DateTimeFormat('en', { timeZone: text }))
        ? undefined
        : 'is not a time zone that this Node.js knows',
    ),
    options,
  );

export const Flag = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'flag',
    '`true` \\| `false`',
    (value) => (typeof value === 'boolean' ? [] : ['must be true or false']),
    options,
  );

interface Range {
  min: number;
  max: number;
}

const whole =
  (range: Range): Check =>
  (value) =>
    Number.isInteger(value) && inRange(value as number, range) ? [] : [wholeMistake(range)];

export const Whole = (range: Range, options: FieldOptions): PropertyDecorator =>
  valueField('number', 'whole number', whole(range), options);

export const Wholes = (range: Range, options: FieldOptions): PropertyDecorator =>
  valueField(
    'texts',
    'list of whole numbers',
    (value) => (Array.isArray(value) ? each(value, whole(range)) : ['must be a list']),
    options,
  );

export const Amount = (range: Range, options: FieldOptions): PropertyDecorator =>
  valueField(
    'number',
    'number',
    (value) =>
      typeof value === 'number' && inRange(value, range)
        ? []
        : [`must be a number from ${range.min} to ${range.max}`],
    options,
  );

const wholeMistake = ({ min, max }: Range): string =>
  min === max ? `must be ${min}` : `must be a whole number from ${min} to ${max}`;

const inRange = (value: number, { min, max }: Range): boolean => value >= min && value <= max;

export const texts: Check = (value) => (Array.isArray(value) ? each(value, anyText) : ['must be a list']);

export const Texts = (options: FieldOptions): PropertyDecorator =>
  valueField('texts', 'list of texts', texts, options);

/** A list whose items are some of `values`. */
export const TextsOf = (values: readonly string[], options: FieldOptions): PropertyDecorator =>
  valueField(
    'texts',
    `list of ${values.map((value) => `\`${value}\``).join(', ')}`,
    (value) =>
      Array.isArray(value)
        ? each(
            value,
            fromText((text) => oneOf(text, values)),
          )
        : ['must be a list'],
    options,
  );

/** OAuth scope tokens (RFC 6749 section 3.3): what is joined by spaces must not hold one. */
export const Scopes = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'texts',
    'list of texts',
    (value) =>
      Array.isArray(value)
        ? each(
            value,
            fromText((text) =>
              /^[!#-[\]-~]+$/.test(text) ? undefined : 'must be one scope, without spaces or quotes',
            ),
          )
        : ['must be a list'],
    options,
  );

/** One of several values; a list of none could never match. */
export const TextOrTexts = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'texts',
    'text or list of texts',
    (value) => {
      if (!Array.isArray(value)) return anyText(value);
      return value.length === 0 ? ['must hold at least one value'] : each(value, anyText);
    },
    options,
  );

export const TextMap = (options: FieldOptions): PropertyDecorator =>
  valueField('textMap', 'map of texts', (value) => mapFaults(value, (_, text) => anyText(text)), options);

export const PatternMap = (options: FieldOptions): PropertyDecorator =>
  valueField(
    'textMap',
    'map of header names to RE2 patterns',
    (value) => mapFaults(value, (name, text) => [...headerNameFaults(name), ...pattern(text)]),
    options,
  );

export const Headers = (options: FieldOptions): PropertyDecorator =>
  valueField('textMap', 'map of headers', (value) => mapFaults(value, headerFaults), options);

/** Headers that frame a message or name its host are the sender's business, not the configuration's. */
const OWN_HEADERS = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
];

function headerFaults(name: string, value: unknown): Fault[] {
  const faults = [...headerNameFaults(name), ...anyText(value)];
  if (OWN_HEADERS.includes(name.toLowerCase())) faults.push('is a header that Muxgate sets itself');
  if (faults.length === 0 && !succeeds(() => validateHeaderValue(name, value as string))) {
    faults.push('holds a character that a header cannot have');
  }
  return faults;
}

function headerNameFaults(name: string): Fault[] {
  return succeeds(() => validateHeaderName(name)) ? [] : ['is not a header name'];
}

function succeeds(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

function each(values: readonly unknown[], check: Check): Fault[] {
  return values.flatMap((value, index) => inside(`[${index}]`, check(value)));
}

export function mapFaults(value: unknown, check: (key: string, value: unknown) => Fault[]): Fault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return ['must be a map of names to texts'];
  return Object.entries(value).flatMap(([key, item]) => inside(`.${key}`, check(key, item)));
}

const inside = (step: string, faults: Fault[]): Fault[] =>
  faults.map((fault) => (typeof fault === 'string' ? [step, fault] : [step + fault[0], fault[1]]));

export const Section = (section: () => new () => object, options: FieldOptions): PropertyDecorator =>
  sectionField('section', section, options);
export const Sections = (section: () => new () => object, options: FieldOptions): PropertyDecorator =>
  sectionField('sections', section, options);
