import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import protobuf from 'protobufjs';
import { registerTeardown } from './teardown.ts';

/** The part of https://github.com/open-telemetry/opentelemetry-proto (v1) that traces use. */
const EXPORT_REQUEST = protobuf
  .parse(
    `syntax = "proto3";
     message AnyValue {
       oneof value {
         string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
         ArrayValue array_value = 5;
       }
     }
     message ArrayValue { repeated AnyValue values = 1; }
     message KeyValue { string key = 1; AnyValue value = 2; }
     message Resource { repeated KeyValue attributes = 1; }
     message Status { string message = 2; int32 code = 3; }
     message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; }
     message Span {
       bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5;
       int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
       repeated KeyValue attributes = 9; repeated Event events = 11; Status status = 15;
     }
     message ScopeSpans { repeated Span spans = 2; }
     message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
     message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }`,
    { keepCase: true },
  )
  .root.lookupType('ExportTraceServiceRequest');

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface ExportRequest {
  readonly resource_spans: {
    readonly resource: { readonly attributes: KeyValue[] };
    readonly scope_spans: { readonly spans: Record<string, never>[] }[];
  }[];
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** empty for the first of a trace */
  readonly parentId: string;
  readonly traceState: string;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Collector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** each request's head and body, as they came */
  readonly received: {
    readonly path: string;
    readonly headers: NodeJS.Dict<string | string[]>;
    body: Buffer;
  }[];
  /** how it answers; with a delay in milliseconds, or 503 */
  behaviour: { delayMs: number; status: number };
}

/** An OpenTelemetry collector that takes traces by OTLP over HTTP as protobuf. */
export async function startCollector(): Promise<Collector> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('error', () => undefined);
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      collector.received.push({ path: req.url ?? '', headers: req.headers, body });
      const { delayMs, status } = collector.behaviour;
      if (status === 200) collector.spans.push(...spansOf(body));
      void delay(delayMs, undefined, { ref: false }).then(() => res.writeHead(status).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await registerTeardown(
    () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
    () => server.closeAllConnections(),
  );
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    received: [],
    behaviour: { delayMs: 0, status: 200 },
  };
  return collector;
}

function spansOf(body: Buffer): CollectedSpan[] {
  const message = EXPORT_REQUEST.toObject(EXPORT_REQUEST.decode(body), {
    longs: Number,
    defaults: true,
    arrays: true,
    oneofs: true,
  }) as ExportRequest;
  return message.resource_spans.flatMap(({ resource, scope_spans: scopes }) => {
    const told = attributesOf(resource.attributes);
    return scopes.flatMap(({ spans }) => spans.map((span) => spanOf(span, told)));
  });
}

function spanOf(span: Record<string, never>, resource: Readonly<Record<string, unknown>>): CollectedSpan {
  const hex = (name: string): string => Buffer.from(span[name] ?? []).toString('hex');
  const { code } = (span['status'] ?? { code: 0 }) as { code: number };
  return {
    service: String(resource['service.name']),
    name: String(span['name']),
    kind: KINDS[Number(span['kind'])] ?? 'unknown',
    traceId: hex('trace_id'),
    spanId: hex('span_id'),
    parentId: hex('parent_span_id'),
    traceState: String(span['trace_state']),
    failed: code === 2,
    attributes: attributesOf(span['attributes'] ?? []),
    resource,
  };
}

function attributesOf(pairs: readonly KeyValue[]): Record<string, unknown> {
  // the name of the member that is set, and its value
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, value[(value['value'] ?? 'string_value') as string]]),
  );
}
