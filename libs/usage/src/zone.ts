const HOUR_MS = 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds by which clocks in a time zone are ahead of UTC at a moment. */
function offsetMs(at: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/** Epoch seconds of the beginning of an hour as clocks in the zone show it: half past, for some. */
export function hourStart(at: number, timeZone: string): number {
  const offset = timeZone === 'UTC' ? 0 : offsetMs(at, timeZone) % HOUR_MS;
  return (Math.floor((at + offset) / HOUR_MS) * HOUR_MS - offset) / 1000;
}

/** The day of a moment in the zone, such as `2026-11-25`. */
export function dayOf(at: number, timeZone: string): string {
  const offset = timeZone === 'UTC' ? 0 : offsetMs(at, timeZone);
  return new Date(at + offset).toISOString().slice(0, 10);
}

/** Epoch milliseconds at which a day begins in the zone. */
export function dayStart(day: string, timeZone: string): number {
  const asUtc = Date.parse(`${day}T00:00:00Z`);
  if (timeZone === 'UTC') return asUtc;
  const guess = asUtc - offsetMs(asUtc, timeZone);
  const start = asUtc - offsetMs(guess, timeZone);
  // where clocks go forward at midnight the day begins at one
  return dayOf(start, timeZone) === day ? start : start + HOUR_MS;
}

export function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 24 * HOUR_MS).toISOString().slice(0, 10);
}
