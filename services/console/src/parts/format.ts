/** Numbers and times as people read them, in the browser's own language. */

const count = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat();
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

export const compact = (value: number): string => count.format(value);
export const exact = (value: number): string => whole.format(value);
export const timeOf = (iso: string): string => moment.format(new Date(iso));
export const clockOf = (iso: string): string => clock.format(new Date(iso));

/** What a field of type `datetime-local` takes: the browser's own time, to the minute. */
export function localInput(iso: string): string {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Without the mark that keeps people apart from admin tokens: beside it stands how they signed in. */
export const shownName = (name: string): string => name.replace(/^sso:/, '');

/** At the axis of a chart: as many places as its steps need. */
const dollars = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  minimumFractionDigits: 0,
  maximumSignificantDigits: 3,
});
export const usdStep = (value: number): string => dollars.format(value);

/** Cents for sums, more places where a sum is smaller than a cent. */
export function usd(value: number): string {
  const digits = value !== 0 && Math.abs(value) < 0.01 ? 6 : 2;
  return `$${value.toFixed(digits)}`;
}

export function percent(part: number, all: number): string {
  if (all === 0) return '0 %';
  const value = (100 * part) / all;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

export function milliseconds(value: number): string {
  if (value < 1_000) return `${Math.round(value)} ms`;
  return value < 60_000 ? `${(value / 1_000).toFixed(1)} s` : duration(value);
}

/** `1 h 05 min`, `4 min 09 s`, `12 s`; days for long ones. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86_400)
    return `${Math.floor(seconds / 3_600)} h ${two(Math.floor((seconds % 3_600) / 60))} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}
