import { EnvironmentInvalid, readEnvironment, SAMPLERS, TracingEnvironment } from '@muxgate/runtime';
import { expect, it } from 'vitest';
import { samplerOf } from './sampler.ts';
import { collectorOf } from './start-tracing.ts';

const read = (variables: Record<string, string>) => readEnvironment(TracingEnvironment, variables);

it.each([
  [{}, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318' }, 'http://otel:4318/v1/traces'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example/base/' }, 'https://otel.example/base/v1/traces'],
  [
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo:4318/otlp',
    },
    'http://tempo:4318/otlp',
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318', OTEL_SDK_DISABLED: 'TRUE' }, undefined],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318', OTEL_TRACES_EXPORTER: 'none' }, undefined],
])('%j sends traces to %s', (variables, url) => {
  expect(collectorOf(read(variables))).toBe(url);
});

it('what is wrong is told by its variable, all at once, and never with its value', () => {
  const wrong = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_HEADERS: 'Bearer canary',
    OTEL_TRACES_SAMPLER: 'sometimes',
    OTEL_TRACES_SAMPLER_ARG: '2',
  };
  const fail = () => read(wrong);
  expect(fail).toThrow(EnvironmentInvalid);
  expect(fail).toThrow(
    expect.objectContaining({
      problems: Object.keys(wrong).map(() => expect.stringMatching(/^OTEL_/)),
      message: expect.not.stringContaining('canary'),
    }),
  );
});

it.each(SAMPLERS)('the sampler %s is the one of that name', (name) => {
  const sampler = String(samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: 0.25 }));
  const root = name.endsWith('ratio')
    ? 'TraceIdRatioBased{0.25}'
    : name.endsWith('on')
      ? 'AlwaysOn'
      : 'AlwaysOff';
  expect(sampler).toContain(root);
  expect(sampler.startsWith('ParentBased')).toBe(name.startsWith('parentbased'));
});
