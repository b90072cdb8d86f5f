export type MaybePromise<T> = T | Promise<T>;

/**
 * Continues in the same tick with a value that is there, later with a promised one: what is in memory costs the
 * request path no turn of the event loop. What `proceed` throws later goes to `fail`; now, to the caller.
 */
export function whenReady<T>(
  value: MaybePromise<T>,
  proceed: (value: T) => void,
  fail: (error: unknown) => void,
): void {
  if (value instanceof Promise) value.then(proceed).catch(fail);
  else proceed(value);
}
