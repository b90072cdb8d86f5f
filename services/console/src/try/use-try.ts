import { useCallback, useRef, useState } from 'react';
import { send } from '../api/client.ts';
import { messageOf } from '../api/problem.ts';
import { text } from '../text.ts';
import { eventsOf, readPart, type Tokens } from './answer-reader.ts';
import { bodyOf, type Draft } from './request.ts';

export interface Attempt {
  readonly running: boolean;
  readonly answer: string;
  readonly failure?: string;
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly tokens: Tokens;
  readonly firstMs?: number;
  readonly totalMs?: number;
}

const LONGEST_PAGE = 500;
const NONE: Attempt = { running: false, answer: '', headers: {}, tokens: {} };

/** Sends one request and follows its answer as it comes. */
export function useTry(): { attempt: Attempt; start: (draft: Draft) => void; stop: () => void } {
  const [attempt, setAttempt] = useState(NONE);
  const running = useRef<AbortController>(undefined);
  const stop = useCallback(() => running.current?.abort(), []);
  const start = useCallback((draft: Draft) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setAttempt({ ...NONE, running: true });
    const update = (part: Partial<Attempt>): void => setAttempt((before) => ({ ...before, ...part }));
    follow(draft, controller.signal, update)
      .catch((error: unknown) =>
        update({ failure: controller.signal.aborted ? text.try.stopped : messageOf(error) }),
      )
      .finally(() => update({ running: false }));
  }, []);
  return { attempt, start, stop };
}

async function follow(
  draft: Draft,
  signal: AbortSignal,
  update: (part: Partial<Attempt>) => void,
): Promise<void> {
  const startedAt = performance.now();
  const { surface, provider } = draft;
  const response = await send('POST', '/api/try', {
    body: { surface, ...(provider === '' ? {} : { provider }), body: bodyOf(draft) },
    headers: { accept: '*/*' },
    signal,
  });
  const headers = Object.fromEntries(response.headers);
  const status = Number(headers['x-muxgate-try-status']);
  update({ headers, status });
  let answer = '';
  let tokens: Tokens = {};
  const take = (piece: unknown): void => {
    const part = readPart(surface, piece);
    if (part.error !== undefined) update({ failure: part.error });
    if (part.text !== undefined && part.text !== '') {
      if (answer === '') update({ firstMs: performance.now() - startedAt });
      answer += part.text;
      update({ answer });
    }
    if (part.tokens !== undefined) {
      tokens = { ...tokens, ...part.tokens };
      update({ tokens });
    }
  };
  if (response.body !== null && headers['content-type']?.startsWith('text/event-stream') === true) {
    for await (const event of eventsOf(response.body)) take(event);
  } else {
    take(parsed(await response.text()));
  }
  update({ totalMs: performance.now() - startedAt });
}

/** A page of a proxy between is shown as it is. */
function parsed(whole: string): unknown {
  try {
    return JSON.parse(whole);
  } catch {
    return { error: { message: whole.slice(0, LONGEST_PAGE) } };
  }
}
