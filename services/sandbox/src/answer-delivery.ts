import { setTimeout as sleep } from 'node:timers/promises';
import type { AnswerSink } from './answer-sink.js';
import type { Steering } from './steering.js';
import type { Frame } from './vendor-api.js';

const BURST_BYTES = 64 * 1024;

/**
 * Streams frames at the steered pace, made as they are sent; a failure strikes after the steered number of
 * content events.
 *
 * @returns the share of the content that was sent, 0 to 1: a vendor bills what it generated.
 */
export async function deliverStream(
  sink: AnswerSink,
  frames: () => Iterable<Frame>,
  steering: Steering,
  errorFrames: string,
): Promise<number> {
  const { intervalMs, fail } = steering;
  const strikeAt = strikePoint(steering, frames);
  let pending = '';
  let sent = 0;
  let unsent: Frame | undefined;
  for (const frame of frames()) {
    if (sink.gone.aborted || sent === strikeAt) {
      unsent = frame;
      break;
    }
    pending += frame.wire;
    if (frame.content) sent += 1;
    if (intervalMs > 0 ? frame.content || sent === 0 : pending.length >= BURST_BYTES) {
      await sink.write(pending);
      pending = '';
      if (intervalMs > 0 && frame.content) {
        await sleep(intervalMs, undefined, { signal: sink.gone }).catch(() => undefined);
      }
    }
  }
  if (fail === undefined) {
    await sink.end(pending);
    return sink.gone.aborted ? sent / countContent(frames()) : 1;
  }
  await sink.write(pending);
  if (fail === 'mid-stream-error' || fail === 'early-error') await sink.write(errorFrames);
  if (fail === 'cut-json' && unsent !== undefined)
    await sink.write(unsent.wire.slice(0, unsent.wire.length / 2));
  if (fail === 'second-start') for (const frame of frames()) await sink.write(frame.wire);
  await sink.fail(fail === 'reset' ? 'reset' : fail === 'silence' ? 'never' : 'end');
  return sent / countContent(frames());
}

function strikePoint({ fail, failAfter }: Steering, frames: () => Iterable<Frame>): number {
  if (fail === undefined) return Infinity;
  if (fail === 'early-error') return 0;
  return failAfter ?? Math.floor(countContent(frames()) / 2);
}

/** At least 1: an answer without content is a whole one. */
function countContent(frames: Iterable<Frame>): number {
  let count = 0;
  for (const frame of frames) if (frame.content) count += 1;
  return Math.max(1, count);
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
