export { isAllowed } from './allow-list.js';
export { modelFor, modelsFor } from './catalogue.js';
export type { Candidate } from './candidates.js';
export {
  explainRoute,
  type CoolingTarget,
  type RouteExplanation,
  type TargetExplanation,
} from './explain.js';
export { RequestRouter, type RoutableRequest, type Routing, type Targets } from './request-router.js';
export { isOwned } from './own-credential.js';
export {
  ModelForbidden,
  ModelUnknown,
  NoTarget,
  PinForbidden,
  PinUnknown,
  ProviderForbidden,
} from './routing.errors.js';
