export { attributesOfAddress } from './attributes.js';
export { activeTraceId, carriedTrace, inSpan, type SpanOutline } from './spans.js';
export { startTracing, type TracedService, type Tracing } from './start-tracing.js';
