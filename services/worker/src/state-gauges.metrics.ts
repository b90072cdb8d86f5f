import type { ConfigSource } from '@muxgate/config';
import { REFRESH_QUEUE, type RefreshQueue } from '@muxgate/refresh-queue';
import { messageOf, type Logger } from '@muxgate/runtime';
import type { AccessVault, CredentialState } from '@muxgate/vault';
import { Gauge, type Registry } from 'prom-client';

interface Sources {
  readonly vault: AccessVault;
  readonly queue: RefreshQueue;
  readonly config: ConfigSource;
  readonly logger: Logger;
}

/** A scrape shows at most so many credentials; beyond, the counters by provider say how things are. */
const MOST_CREDENTIALS = 1_000;
const CREDENTIAL_LABELS = ['credential', 'provider', 'status'] as const;

/** Gauges that are read from Redis on every scrape; while Redis is away a scrape goes without them. */
export function registerStateGauges(registry: Registry, sources: Sources): void {
  const registers = [registry];
  const states = shared(() => readStates(sources));
  new Gauge({
    name: 'muxgate_credential_expires_in_seconds',
    help: 'Until the access token ends; negative afterwards.',
    labelNames: CREDENTIAL_LABELS,
    registers,
    async collect() {
      this.reset();
      for (const state of await states()) {
        this.set(labelsOf(state, sources.config), (state.expiresAt - Date.now()) / 1_000);
      }
    },
  });
  new Gauge({
    name: 'muxgate_credential_status',
    help: '1 for the status that a credential has.',
    labelNames: CREDENTIAL_LABELS,
    registers,
    async collect() {
      this.reset();
      for (const state of await states()) this.set(labelsOf(state, sources.config), 1);
    },
  });
  new Gauge({
    name: 'muxgate_queue_jobs',
    help: 'Jobs in a queue, by state.',
    labelNames: ['queue', 'state'],
    registers,
    async collect() {
      this.reset();
      const counts = await unlessAway(sources.logger, () => sources.queue.counts());
      for (const [state, jobs] of Object.entries(counts ?? {}))
        this.set({ queue: REFRESH_QUEUE, state }, jobs);
    },
  });
}

/** One read for all who ask while it is under way. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}

async function readStates({ vault, logger }: Sources): Promise<CredentialState[]> {
  return (await unlessAway(logger, () => vault.listStates({ limit: MOST_CREDENTIALS })))?.items ?? [];
}

function labelsOf({ credential, provider, status }: CredentialState, config: ConfigSource) {
  const known = config.current().oauthProviders.has(provider);
  return { credential, provider: known ? provider : 'other', status };
}

/** BullMQ's connection waits for Redis as long as it takes; a scrape does not. */
const SCRAPE_PATIENCE_MS = 2_000;

async function unlessAway<T>(logger: Logger, read: () => Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, SCRAPE_PATIENCE_MS, undefined);
  });
  try {
    return await Promise.race([read(), late]);
  } catch (error) {
    logger.debug({ reason: messageOf(error) }, 'a gauge could not be read');
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
