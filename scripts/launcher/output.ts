import { wantsColor } from './log-lines.ts';

/** Where the launcher's words go: what it has to say to stdout, log lines and faults to stderr. */
export interface Output {
  readonly color: boolean;
  readonly say: (message: string) => void;
  readonly print: (line: string) => void;
  readonly log: (line: string) => void;
}

export function terminalOutput(): Output {
  // A terminal that went away must not end us before the services were stopped.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  return {
    color: wantsColor(process.stderr, process.env),
    print,
    say: (message) => print(`muxgate: ${message}`),
    log: (line) => void process.stderr.write(`${line}\n`),
  };
}
