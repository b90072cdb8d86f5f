import type { Io } from '../io.js';
import { renderFields, renderTable, type Column, type TableStyle } from './table.js';
import { painter, plain, relativeTime, type Paint, type Tone } from './text.js';

/**
 * Where a command's words go: results to stdout, in JSON where asked for, and all else to stderr, so that a pipe
 * gets results alone.
 */
export class Output {
  readonly paint: Paint;
  private readonly paintAside: Paint;

  constructor(
    private readonly io: Io,
    readonly json: boolean,
  ) {
    this.paint = painter(io.stdout, io.env);
    this.paintAside = painter(io.stderr, io.env);
  }

  /** A result: `data` for programs, or the text that `render` makes of it. */
  result(data: unknown, render: () => string): void {
    this.print(this.json ? JSON.stringify(data, undefined, 2) : render());
  }

  /** A list. For programs it is `{items}`, as the REST API has it; for people a table, or a word that it is empty. */
  list<T>(items: readonly T[], columns: ReadonlyArray<Column<T>>, whenEmpty: string): void {
    if (this.json) this.print(JSON.stringify({ items }, undefined, 2));
    else if (items.length === 0) this.say(whenEmpty);
    else this.print(renderTable(items, columns, this.style));
  }

  /** One thing, as `name value` lines for people. */
  fields(data: unknown, fields: ReadonlyArray<readonly [name: string, value: unknown, tone?: Tone]>): void {
    this.result(data, () => renderFields(fields, this.paint));
  }

  /** For people only, beside the result. */
  say(text: string): void {
    this.io.stderr.write(`${text}\n`);
  }

  /** The same, in a tone. */
  aside(tone: Tone, text: string): string {
    return this.paintAside(tone, text);
  }

  print(text: string): void {
    this.io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Relative for people at a terminal; as it came for pipes. */
  time(iso: unknown): string {
    if (typeof iso !== 'string') return '';
    return this.io.stdout.isTTY === true ? relativeTime(iso, this.io.now()) : plain(iso);
  }

  /** A point ahead, for words beside the result. */
  until(iso: string): string {
    return relativeTime(iso, this.io.now());
  }

  get style(): TableStyle {
    const { isTTY, columns = 80 } = this.io.stdout;
    return { width: isTTY === true ? columns : undefined, paint: this.paint };
  }
}
