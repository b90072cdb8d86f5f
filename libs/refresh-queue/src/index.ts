export { MAINTENANCE_QUEUE, MaintenanceQueue, REAP_JOB, REWRAP_JOB } from './maintenance-queue.js';
export {
  inRefreshTrace,
  QUEUE_PREFIX,
  REFRESH_JOB,
  REFRESH_QUEUE,
  RefreshQueue,
  SWEEP_JOB,
  type RefreshJob,
  type RefreshReason,
} from './refresh-queue.js';
export { waitForNewer } from './wait-for-newer.js';
