export { ConfigFollower, type ConfigFollowerOptions } from './config-follower.js';
export { diffOf } from './diff.js';
export { FileWatch } from './file-watch.js';
export { CONFIG_EVENTS } from './keys.js';
export { dropRetiredSeries } from './retired-series.js';
export type { ReplicaReport, Revision, RevisionHead, RevisionSource } from './revision.js';
export { registerConfigRevision } from './revision.metrics.js';
export { digestOf, RevisionStore, type Committed } from './revision-store.js';
