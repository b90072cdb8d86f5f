const FIRST_BYTES = 16_384;
/** UTF-8 of one UTF-16 unit. */
const MOST_BYTES = 3;

/**
 * Lines that wait to be written, outside of the heap: strings that outlive some collections are copied by each of them
 * (docs/benchmarks.md).
 */
export class TextBuffer {
  private bytes: Buffer;
  private length = 0;

  constructor(firstBytes = FIRST_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(firstBytes);
  }

  /** A line feed follows it. */
  append(line: string): void {
    const needed = this.length + line.length * MOST_BYTES + 1;
    if (needed > this.bytes.length) this.grow(needed);
    this.length += this.bytes.write(line, this.length);
    this.bytes[this.length++] = 0x0a;
  }

  /** What was appended, until something else is. */
  get written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  clear(): void {
    this.length = 0;
  }

  private grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
