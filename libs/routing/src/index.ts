export { Candidates, ineligible, type Candidate } from './candidates.js';
export { compileRouter, type CompiledRouter } from './compile-router.js';
export { decide, type RouteDecision } from './decide.js';
export { orderCandidates } from './order-candidates.js';
export { PinForbidden, pinned, pinOf, PinUnknown } from './pin.js';
export { RequestSignals, type RouteClient } from './request-signals.js';
export { Routers } from './routers.js';
export { sessionOf } from './session.js';
export type { RouteSignals, ToolSignal } from './signals.js';
