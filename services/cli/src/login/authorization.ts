import { setTimeout as delay } from 'node:timers/promises';
import type { AdminApi } from '../api.js';
import { segment } from '../api.js';
import { EXIT, Failure, interrupted } from '../failure.js';
import type { Io } from '../io.js';
import { plain } from '../output/text.js';

/** What `POST /api/oauth/authorize` answers. */
export interface Authorization {
  readonly provider: string;
  readonly credential: string;
  readonly state: string;
  readonly url: string;
  readonly completion: 'callback' | 'paste' | 'device';
  readonly userCode?: string;
  readonly verificationUrl?: string;
  readonly expiresAt: string;
}

/** What `GET /api/oauth/authorize/{state}` answers. */
interface Progress {
  readonly status: 'pending' | 'connected' | 'denied' | 'expired' | 'failed';
  readonly error?: string;
}

const LOOK_EVERY_MS = 1_000;

/** Waits until the auth service or the worker has completed it. Throws when it ended otherwise. */
export async function untilConnected(api: AdminApi, authorization: Authorization, io: Io): Promise<void> {
  for (;;) {
    const progress = await api.get<Progress>(`/api/oauth/authorize/${segment(authorization.state)}`);
    if (progress.status === 'connected') return;
    if (progress.status !== 'pending') throw ended(progress);
    await delay(LOOK_EVERY_MS, undefined, { signal: io.signal }).catch(() => {
      throw interrupted();
    });
  }
}

function ended({ status, error }: Progress): Failure {
  const messages = {
    denied: 'The provider did not grant access.',
    expired: 'Nobody agreed in time.',
    failed: `The provider agreed and then issued no token${error ? `: ${plain(error)}` : ''}.`,
  };
  return new Failure(messages[status as keyof typeof messages], {
    code: error === undefined ? `authorization_${status}` : plain(error),
    exitCode: EXIT.refused,
    hint: status === 'failed' ? 'muxgate audit has the details' : 'muxgate login again to begin anew',
  });
}
