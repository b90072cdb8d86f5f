/** One hash tag: a revision is made by one script, on a Redis Cluster too. */
export const CURRENT = 'muxgate:{config}:current';
/** Revision number → JSON of it. */
export const REVISIONS = 'muxgate:{config}:revisions';
/** Hash of the file that was last taken over. */
export const FILE = 'muxgate:{config}:file';
/** Replica id → JSON of its report. */
export const REPLICAS = 'muxgate:{config}:replicas';
/** Pub/sub: the number of a new revision. */
export const CONFIG_EVENTS = 'muxgate:events:config';
