import { dayStart, nextDay } from '@muxgate/usage';
import { ValidationFailed } from './http.errors.js';

/** Epoch milliseconds of `from`, included, and of `to`, not included. */
export interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

/** Redis's streams know no time before; nothing of ours is older. */
const EARLIEST = 1;
interface Asked {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * `?from=&to=` as all of the API reads them: a time in ISO 8601, or a day, which is the one in the organisation's time
 * zone; as `to` it is included.
 *
 * @throws ValidationFailed, also for weeks and days of a year, which are ISO 8601 and nobody asks for
 */
export function timeRange({ from, to }: Asked, timeZone: string): TimeRange {
  return {
    ...(from === undefined ? {} : { from: timeOf('from', from, timeZone) }),
    ...(to === undefined ? {} : { to: timeOf('to', DAY.test(to) ? nextDay(to) : to, timeZone) }),
  };
}

function timeOf(path: string, text: string, timeZone: string): number {
  const time = DAY.test(text) ? dayStart(text, timeZone) : Date.parse(text);
  if (Number.isNaN(time)) throw rangeMistake(path, 'must be a day or a time with its offset');
  return Math.max(time, EARLIEST);
}

export function rangeMistake(path: string, message: string): Error {
  return new ValidationFailed(`${path}: ${message}`, { members: { errors: [{ path, message }] } });
}
