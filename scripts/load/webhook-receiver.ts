import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes what webhooks post, and refuses every third delivery, which is then tried again. */
export async function receiveWebhooks(): Promise<{ readonly url: string; close(): void }> {
  let deliveries = 0;
  const server = createServer((request, response) => {
    request.resume();
    deliveries += 1;
    response.writeHead(deliveries % 3 === 0 ? 500 : 204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
