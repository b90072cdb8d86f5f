import { createServer } from 'node:net';

/** A TCP port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no TCP port could be had');
  return address.port;
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
