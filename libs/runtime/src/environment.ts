import { readFileSync } from 'node:fs';
import {
  getMetadataStorage,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  Min,
  validateSync,
} from 'class-validator';
import { InvalidInput, messageOf } from './errors.js';
import { TracingEnvironment } from './tracing-environment.js';

export type EnvironmentSource = Readonly<Record<string, string | undefined>>;

/** Every variable of the environment that is missing or wrong, at once. */
export class EnvironmentInvalid extends InvalidInput {
  constructor(problems: readonly string[]) {
    super('the environment', problems, 'environment_invalid');
  }
}

/** What every process reads; a service extends it with its own variables (contract, section 3). */
export class ServiceEnvironment extends TracingEnvironment {
  @IsString() @IsNotEmpty() HOST = '0.0.0.0';
  @IsInt() @Min(0) @Max(65_535) MANAGEMENT_PORT!: number;
  @IsString() @IsNotEmpty() MUXGATE_CONFIG = 'config/muxgate.yaml';
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) LOG_LEVEL = 'info';
  @IsString() @IsNotEmpty() MUXGATE_ACCESS_KEYS!: string;
  @IsOptional() @IsString() REDIS_URL?: string;
  @IsOptional() @IsString() REDIS_SENTINELS?: string;
  @IsOptional() @IsString() REDIS_SENTINEL_MASTER?: string;
  @IsOptional() @IsString() REDIS_CLUSTER?: string;
  @IsOptional() @IsString() REDIS_USERNAME?: string;
  @IsOptional() @IsString() REDIS_PASSWORD?: string;
}

/** Where the configuration file is, known before the environment as a whole is found valid. */
export function configFileOf(source: EnvironmentSource): string {
  return source['MUXGATE_CONFIG'] || new ServiceEnvironment().MUXGATE_CONFIG;
}

/**
 * Reads the variables that a class declares: each property that has a class-validator rule is a variable of
 * the same name, given as `NAME` or as `NAME_FILE` (a path, for mounted secrets).
 *
 * @throws EnvironmentInvalid naming every problem by its variable; values are never repeated, they may be secret.
 */
export function readEnvironment<T extends object>(shape: new () => T, source: EnvironmentSource): T {
  const problems: string[] = [];
  const given: Record<string, string> = {};
  for (const name of declaredVariables(shape)) {
    const value = readVariable(name, source, problems);
    if (value !== undefined) given[name] = value;
  }
  const values = Object.assign(new shape(), convertNumbers(shape, given));
  for (const error of validateSync(values, { stopAtFirstError: true })) {
    if (problems.some((problem) => problem.startsWith(`${error.property}:`))) continue;
    problems.push(`${error.property}: ${describe(error.property, error.constraints, given)}`);
  }
  if (problems.length > 0) throw new EnvironmentInvalid(problems);
  return values;
}

function rulesOf(shape: new () => object): { propertyName: string; name?: string | undefined }[] {
  return getMetadataStorage().getTargetValidationMetadatas(shape, '', false, false);
}

/** The names of the variables that a class declares. */
export function declaredVariables(shape: new () => object): string[] {
  return [...new Set(rulesOf(shape).map((rule) => rule.propertyName))];
}

/** A variable with a numeric rule is a number where its text is one; other text stays, for the rule to refuse. */
function convertNumbers(
  shape: new () => object,
  given: Record<string, string>,
): Record<string, string | number> {
  const converted: Record<string, string | number> = { ...given };
  for (const { propertyName, name } of rulesOf(shape)) {
    const text = given[propertyName]?.trim();
    const numeric = name === 'isInt' || name === 'isNumber';
    if (numeric && text !== undefined && /^-?\d+(\.\d+)?$/.test(text)) converted[propertyName] = Number(text);
  }
  return converted;
}

function readVariable(name: string, source: EnvironmentSource, problems: string[]): string | undefined {
  const direct = source[name];
  const file = source[`${name}_FILE`];
  if (direct !== undefined && direct !== '' && file !== undefined && file !== '') {
    problems.push(`${name}: given twice, as ${name} and as ${name}_FILE; keep one`);
    return undefined;
  }
  if (direct !== undefined && direct !== '') return direct;
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    problems.push(
      `${name}: cannot read the file that ${name}_FILE names (${(error as NodeJS.ErrnoException).code ?? messageOf(error)})`,
    );
    return undefined;
  }
}

function describe(
  name: string,
  constraints: Record<string, string> | undefined,
  given: Record<string, string>,
): string {
  if (!(name in given)) return 'is required but not set';
  const [reason] = Object.values(constraints ?? {});
  return (reason ?? 'is not valid').replace(`${name} `, '');
}
