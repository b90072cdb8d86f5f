/** One hash tag for all: a batch is one script, and a script's keys share a slot of a Redis Cluster. */
const PREFIX = 'muxgate:{usage}';

/** group → sums, of the hour that begins at these epoch seconds */
export const hourKey = (start: number): string => `${PREFIX}:hour:${start}`;
/** group → sums, of a day such as 2026-11-25 in the time zone in which it was rolled up */
export const dayKey = (day: string): string => `${PREFIX}:day:${day}`;
/** sums and latencies of all requests that ended in one minute */
export const minuteKey = (minute: number): string => `${PREFIX}:minute:${minute}`;
/** sequence number of the last batch of a gateway process that was added */
export const markKey = (spool: string): string => `${PREFIX}:mark:${spool}`;
/** starts of the hours that there are, by themselves */
export const HOURS = `${PREFIX}:hours`;
/** days that there are, by their number in time */
export const DAYS = `${PREFIX}:days`;
/** those of the days whose hours are gone, by their number in time: what comes later is added to them */
export const CLOSED = `${PREFIX}:closed`;
/** starts of the hours that changed since their day was rolled up, by the revision of the change */
export const TOUCHED = `${PREFIX}:touched`;
/** counts batches */
export const REVISION = `${PREFIX}:revision`;
/** stream of request rows */
export const REQUESTS = `${PREFIX}:requests`;
