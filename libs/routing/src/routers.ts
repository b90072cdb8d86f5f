import type { ConfigSnapshot } from '@muxgate/config';
import { compileRouter, type CompiledRouter } from './compile-router.js';

/** The router of each snapshot in use, compiled once; gone with its snapshot. */
export class Routers {
  private readonly compiled = new WeakMap<ConfigSnapshot, CompiledRouter>();

  of(snapshot: ConfigSnapshot): CompiledRouter {
    const known = this.compiled.get(snapshot);
    if (known !== undefined) return known;
    const router = compileRouter(snapshot.router);
    this.compiled.set(snapshot, router);
    return router;
  }
}
