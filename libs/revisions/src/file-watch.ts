import { watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface FileWatchOptions {
  /** looks again this often, for file systems that tell nothing */
  readonly pollMs?: number;
  /** lets an editor finish */
  readonly settleMs?: number;
}

const POLL_MS = 1_000;
const SETTLE_MS = 50;

/**
 * Hears of a file's content as it changes. The directory is watched, not the file: editors put another file in its
 * place, and a Kubernetes ConfigMap exchanges a symbolic link beside it. What counts is the text; that it is read
 * again every second makes events a matter of speed only.
 */
export class FileWatch {
  private watcher: FSWatcher | undefined;
  private poll: NodeJS.Timeout | undefined;
  private settle: NodeJS.Timeout | undefined;
  private last: string | null | undefined = null;
  private reading = false;

  /** @param heard gets the text, or undefined while the file cannot be read; not again until that changes */
  constructor(
    private readonly file: string,
    private readonly heard: (text: string | undefined) => Promise<void>,
    private readonly options: FileWatchOptions = {},
  ) {}

  /** Resolves when the file was read, and told, once. */
  async start(): Promise<void> {
    try {
      this.watcher = watch(dirname(this.file), () => this.soon());
      this.watcher.on('error', () => this.watcher?.close());
      this.watcher.unref();
    } catch {
      // no notifications here (or no directory yet): polling does
    }
    this.poll = setInterval(() => void this.look(), this.options.pollMs ?? POLL_MS).unref();
    await this.look();
  }

  stop(): void {
    this.watcher?.close();
    clearInterval(this.poll);
    clearTimeout(this.settle);
  }

  private soon(): void {
    clearTimeout(this.settle);
    this.settle = setTimeout(() => void this.look(), this.options.settleMs ?? SETTLE_MS).unref();
  }

  private async look(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    try {
      const text = await readFile(this.file, 'utf8').catch(() => undefined);
      // a file that is being written anew is empty for a moment
      if (text === this.last || text === '') return;
      this.last = text;
      await this.heard(text);
    } finally {
      this.reading = false;
    }
  }
}
