import 'reflect-metadata';
import { IsOptional, ValidateBy, ValidateNested } from 'class-validator';

type Shape = new () => object;

/**
 * A check answers the mistakes of a value: each as text, or `[sub-path, text]` for a mistake inside a list or a map.
 * Mistakes never repeat the value: it can have come from the environment.
 */
export type Check = (value: unknown) => Fault[];
export type Fault = string | readonly [subPath: string, says: string];

/** Who reads a configuration. */
export type Reader = 'gateway' | 'auth' | 'worker';

export interface FieldOptions {
  /** One sentence for the reference page. */
  about: string;
  required?: boolean;
  /** Where the default is not simply the property's initial value. */
  defaultText?: string;
  /**
   * The services that need it, where not all do: for the others a reference stays unresolved and a section is left
   * out, so that a service runs without the secrets that it has no use for.
   */
  usedBy?: readonly Reader[];
}

export type FieldKind =
  'text' | 'secret' | 'number' | 'flag' | 'hook' | 'texts' | 'textMap' | 'section' | 'sections';

export interface Field extends FieldOptions {
  property: string;
  kind: FieldKind;
  /** The type in words, for people. */
  type: string;
  section?: () => Shape;
}

const FIELDS = 'muxgate:config-fields';

/** The fields of a configuration class, in the order of their declaration. */
export function fieldsOf(shape: Shape): readonly Field[] {
  return (Reflect.getOwnMetadata(FIELDS, shape) as Field[] | undefined) ?? [];
}

/** Declares a value field once, for validation, for reading and for the reference page. */
export function valueField(
  kind: FieldKind,
  type: string,
  check: Check,
  options: FieldOptions,
): PropertyDecorator {
  return (target, property) => {
    remember(target, { ...options, property: String(property), kind, type });
    if (options.required !== true) IsOptional()(target, property);
    const faults = (value: unknown): Fault[] => (value === undefined ? ['is missing'] : check(value));
    ValidateBy({
      name: 'config',
      validator: {
        validate: (value: unknown) => faults(value).length === 0,
        defaultMessage: (context) => writeFaults(faults(context?.value)),
      },
    })(target, property);
  };
}

export function sectionField(
  kind: 'section' | 'sections',
  section: () => Shape,
  options: FieldOptions,
): PropertyDecorator {
  return (target, property) => {
    remember(target, {
      ...options,
      property: String(property),
      kind,
      type: kind === 'section' ? 'section' : 'list of sections',
      section,
    });
    if (options.required === true) {
      ValidateBy({
        name: 'config',
        validator: {
          validate: (value) => value !== undefined,
          defaultMessage: () => writeFaults(['is missing']),
        },
      })(target, property);
    }
    ValidateNested()(target, property);
  };
}

function remember(target: object, field: Field): void {
  const shape = target.constructor as Shape;
  Reflect.defineMetadata(FIELDS, [...fieldsOf(shape), field], shape);
}

/** class-validator carries one message per constraint, so the faults of a value travel as JSON. */
const writeFaults = (faults: Fault[]): string => JSON.stringify(faults);
export const readFaults = (message: string): Fault[] => JSON.parse(message) as Fault[];
