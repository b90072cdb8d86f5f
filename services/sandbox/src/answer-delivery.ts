import { setTimeout as sleep } from 'node:timers/promises';
import type { AnswerSink } from './answer-sink.js';
import type { Steering } from './steering.js';
import type { Frame } from './vendor-api.js';

const BURST_BYTES = 64 * 1024;

/**
 * Streams frames at the steered pace; a failure strikes after the steered number of content events.
 *
 * @returns the share of the content that was sent, 0 to 1: a vendor bills what it generated.
 */
export async function deliverStream(
  sink: AnswerSink,
  frames: readonly Frame[],
  { intervalMs, fail, failAfter }: Steering,
  errorFrames: string,
): Promise<number> {
  const total = frames.filter((frame) => frame.content).length;
  const strikeAt =
    fail === undefined
      ? Infinity
      : fail === 'early-error'
        ? 0
        : Math.min(failAfter ?? Math.floor(total / 2), total);
  let pending = '';
  let sent = 0;
  for (const frame of frames) {
    if (sink.gone.aborted || sent === strikeAt) break;
    pending += frame.wire;
    if (frame.content) sent += 1;
    if (intervalMs > 0 ? frame.content || sent === 0 : pending.length >= BURST_BYTES) {
      await sink.write(pending);
      pending = '';
      if (intervalMs > 0 && frame.content)
        await sleep(intervalMs, undefined, { signal: sink.gone }).catch(() => undefined);
    }
  }
  if (fail !== undefined) {
    if (pending !== '') await sink.write(pending);
    if (fail === 'mid-stream-error' || fail === 'early-error') await sink.write(errorFrames);
    await sink.fail(fail === 'reset' ? 'reset' : fail === 'silence' ? 'never' : 'end');
  } else {
    await sink.end(pending === '' ? undefined : pending);
  }
  return total === 0 ? 1 : sent / total;
}

/** Sends a JSON body whole, or half of it with the length of the whole promised. */
export async function deliverBody(
  sink: AnswerSink,
  body: Buffer,
  { fail, failAfter }: Steering,
): Promise<void> {
  if (fail === undefined) return sink.end(body);
  if (failAfter !== 0) await sink.write(body.subarray(0, body.length / 2));
  await sink.fail(fail === 'reset' ? 'reset' : fail === 'silence' ? 'never' : 'close');
}
