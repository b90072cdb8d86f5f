export {
  UsageBatch,
  type AttemptEvent,
  type BatchLimits,
  type RequestEvent,
  type UsageEvent,
} from './batch.js';
export { OverviewReader, type Overview, type OverviewPoint } from './overview.js';
export {
  LOG_ID,
  RequestLog,
  type LoggedRequest,
  type RequestFilter,
  type RequestQuery,
} from './request-log.js';
export {
  packFacts,
  packParties,
  type RequestFacts,
  type RequestParties,
  type RequestRow,
} from './request-row.js';
export { RollUp, type Retention } from './roll-up.js';
export { COUNTS, noSums, packGroup, unpackGroup, type UsageGroup, type UsageSums } from './sums.js';
export { TextBuffer } from './text-buffer.js';
export {
  DIMENSIONS,
  UsageReader,
  type Dimension,
  type UsageAnswer,
  type UsageQuery,
} from './usage-reader.js';
export { UsageWriter } from './usage-writer.js';
export { dayOf, dayStart, nextDay } from './zone.js';
