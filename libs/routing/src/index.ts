export { Candidates, ineligible, targetId, type Candidate } from './candidates.js';
export { compileRouter, type CompiledRouter } from './compile-router.js';
export { decide, type RouteDecision } from './decide.js';
export { orderCandidates } from './order-candidates.js';
export { RequestSignals, type RouteClient } from './request-signals.js';
export { Routers } from './routers.js';
export { sessionOf } from './session.js';
export type { RouteSignals, ToolSignal } from './signals.js';
