const LF = 0x0a;
const CR = 0x0d;

/**
 * Where the last whole event in `chunk` ends (0: none does); `afterLineFeed` says that the bytes before it ended
 * with a line feed. Event streams end an event by a blank line (WHATWG HTML, server-sent events).
 */
export function lastEventEnd(chunk: Buffer, afterLineFeed: boolean): number {
  const plain = chunk.lastIndexOf('\n\n');
  const crlf = chunk.lastIndexOf('\n\r\n');
  const end = Math.max(plain === -1 ? 0 : plain + 2, crlf === -1 ? 0 : crlf + 3);
  if (end > 0 || !afterLineFeed) return end;
  if (chunk[0] === LF) return 1;
  return chunk[0] === CR && chunk[1] === LF ? 2 : 0;
}

export function endsWithLineFeed(chunk: Buffer): boolean {
  return chunk[chunk.length - 1] === LF;
}
