import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Endpoints {
  readonly gateway: string;
  readonly auth: string;
}

/**
 * Says in the data directory where everything is reached while it runs, so that `muxgate` needs no settings on this
 * machine. Returns how to take it back.
 */
export async function publishEndpoints(dataDirectory: string, endpoints: Endpoints): Promise<() => void> {
  const file = join(dataDirectory, 'endpoints.json');
  await writeFile(file, `${JSON.stringify(endpoints)}\n`, { mode: 0o600 });
  return () => rmSync(file, { force: true });
}
