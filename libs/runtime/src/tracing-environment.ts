import { IsIn, IsInt, IsNumber, IsOptional, IsString, IsUrl, Matches, Max, Min } from 'class-validator';

export const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const COLLECTOR = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };
/** Of pairs as OpenTelemetry writes them: `name=value,name=value`, percent-encoded. */
const PAIRS = /^\s*[^=,\s]+\s*=[^,]*(,\s*[^=,\s]+\s*=[^,]*)*,?\s*$/;
const NOT_PAIRS = 'must be name=value,name=value with values percent-encoded';

/**
 * OpenTelemetry's own variables, with their meaning and defaults:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. The exporter reads those of its
 * transport that are not here (`OTEL_EXPORTER_OTLP_TIMEOUT`, `_COMPRESSION`, `_CERTIFICATE`, `_CLIENT_…`) by itself.
 */
export class TracingEnvironment {
  /** Of the collector; `/v1/traces` is appended. Without it and the next one there are no traces. */
  @IsOptional()
  @IsUrl(COLLECTOR, { message: 'OTEL_EXPORTER_OTLP_ENDPOINT must be an http(s) URL' })
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  /** The whole address for traces, in place of the one above. */
  @IsOptional()
  @IsUrl(COLLECTOR, { message: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be an http(s) URL' })
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string;
  @IsIn(['http/protobuf']) OTEL_EXPORTER_OTLP_PROTOCOL = 'http/protobuf';
  @IsOptional() @Matches(PAIRS, { message: NOT_PAIRS }) OTEL_EXPORTER_OTLP_HEADERS?: string;
  @Matches(/^(true|false)$/i, { message: 'must be true or false' }) OTEL_SDK_DISABLED = 'false';
  @IsIn(['otlp', 'none']) OTEL_TRACES_EXPORTER = 'otlp';
  @IsOptional() @IsString() OTEL_SERVICE_NAME?: string;
  @IsOptional() @Matches(PAIRS, { message: NOT_PAIRS }) OTEL_RESOURCE_ATTRIBUTES?: string;
  @IsIn(SAMPLERS) OTEL_TRACES_SAMPLER: (typeof SAMPLERS)[number] = 'parentbased_always_on';
  @IsNumber() @Min(0) @Max(1) OTEL_TRACES_SAMPLER_ARG = 1;
  /** Milliseconds between two exports. */
  @IsInt() @Min(1) OTEL_BSP_SCHEDULE_DELAY = 5_000;
  /** Spans that wait at most; further ones are dropped. */
  @IsInt() @Min(1) OTEL_BSP_MAX_QUEUE_SIZE = 2_048;
  /** Spans of one export at most. */
  @IsInt() @Min(1) OTEL_BSP_MAX_EXPORT_BATCH_SIZE = 512;
}
