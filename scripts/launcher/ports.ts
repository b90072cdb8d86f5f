import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Ports below those that systems give to whoever asks for any (Linux from 32768, others from 49152): between the
 * moment a port is found free and its use, no outgoing connection and no `listen(0)` takes it.
 */
const FIRST = 11_000;
const COUNT = 21_000;
let next = randomInt(COUNT);

/** A TCP port of the loopback interface that was free a moment ago. It gives none out twice before it gave out all. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if ((await portProblem(port, '127.0.0.1')) === undefined) return port;
  }
  throw new Error(`no TCP port from ${FIRST} to ${FIRST + COUNT - 1} could be had`);
}

/** undefined when the port can be listened on, else the system's error code (EADDRINUSE, EACCES, …). */
async function portProblem(port: number, host: string): Promise<string | undefined> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, exclusive: true }, resolve);
    });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** One sentence for each port that cannot be had, naming its variable. */
export async function refusedPorts(
  ports: readonly { readonly port: number; readonly variable: string }[],
  host: string,
): Promise<string[]> {
  const sentences: string[] = [];
  for (const { port, variable } of ports) {
    if (port === 0) continue;
    const problem = await portProblem(port, host);
    if (problem === 'EADDRINUSE') {
      sentences.push(
        `Port ${port} is in use by another program; free it, or set ${variable} to another port.`,
      );
    } else if (problem !== undefined) {
      sentences.push(
        `Port ${port} on ${host} cannot be opened (${problem}); set ${variable} or HOST otherwise.`,
      );
    }
  }
  return sentences;
}
