const MAX_RETRY_AFTER_MS = 3_600_000;

/** RFC 9110 section 10.2.3, seconds or HTTP-date, as ms from `now`, in [0, 1 h]; `undefined` if absent or nonsense. */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? '';
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  const isDate = /^[A-Z][a-z]+,? /.test(text);
  if (Number.isNaN(wait) || !(isDate || /^\d/.test(text))) return undefined;
  return Math.min(Math.max(Math.ceil(wait), 0), MAX_RETRY_AFTER_MS);
}
