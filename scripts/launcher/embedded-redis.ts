// A Redis in JavaScript, for trying Muxgate out where no real one can be had: it keeps nothing and gets slow with
// much data. Usage: embedded-redis.ts PORT
import { Server } from 'node:net';
import { createRedisServer } from 'js-redis-server';

// The package listens on every interface and has no option against it; nobody outside may read our Redis.
// oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
const listen = Server.prototype.listen as (this: Server, options: object) => Server;
Server.prototype.listen = function (this: Server, port: number) {
  return listen.call(this, { port, host: '127.0.0.1' });
} as typeof Server.prototype.listen;

const server = await createRedisServer({ port: Number(process.argv[2]) });
process.on('SIGTERM', () => {
  void server.close().then(() => process.exit(0));
});
