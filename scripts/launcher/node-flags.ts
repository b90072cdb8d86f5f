/**
 * Flags that a service's Node is started with. The gateway's buffers come and go by the megabyte: V8's memory
 * reducer would shrink the heap's limit in every lull, and the next burst would pay for it in full collections
 * (docs/adr/0007). V8 reads this flag at start only, so it cannot be set from within.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = { gateway: ['--no-memory-reducer'] };

export function nodeFlags(service: string): readonly string[] {
  return FLAGS[service] ?? [];
}
