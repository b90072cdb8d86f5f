export { UsageBatch, type BatchLimits } from './batch.js';
export {
  addBills,
  endOf,
  NO_BILL,
  Subject,
  type AttemptEvent,
  type Bill,
  type RequestEvent,
  type RequestFacts,
  type UsageEvent,
} from './events.js';
export { OverviewReader, type Overview, type OverviewPoint } from './overview.js';
export {
  LOG_ID,
  RequestLog,
  type LoggedRequest,
  type RequestFilter,
  type RequestQuery,
} from './request-log.js';
export {
  readAttempt,
  readNote,
  readOpen,
  readRecords,
  readRequest,
  type EventRecord,
} from './read-records.js';
export { RecordBuffer } from './record-buffer.js';
export { ATTEMPT, REQUEST } from './record-layout.js';
export { packParties, type RequestParties, type RequestRow } from './request-row.js';
export { RollUp, type Retention } from './roll-up.js';
export { COUNTS, noSums, packGroup, unpackGroup, type UsageGroup, type UsageSums } from './sums.js';
export {
  DIMENSIONS,
  UsageReader,
  type Dimension,
  type UsageAnswer,
  type UsageQuery,
} from './usage-reader.js';
export { UsageWriter } from './usage-writer.js';
export { dayOf, dayStart, nextDay } from './zone.js';
