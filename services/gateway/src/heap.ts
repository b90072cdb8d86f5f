import { setFlagsFromString } from 'node:v8';

/**
 * Buffers live outside V8's heap. By default V8 collects the whole heap, on all its threads, each time 64 MiB of
 * them have come and gone: with bodies of a megabyte that is every thirty requests, and costs more CPU than the
 * proxying. With this flag they count towards the limit that the heap has anyway (ADR 7).
 */
export function countBuffersAsHeap(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit');
}
