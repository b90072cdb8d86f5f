import { Code } from '@mantine/core';
import { text } from '../text.ts';

/** A unified diff; what a line is is said by its sign, not by its colour alone. */
export function Diff({ of }: { of: string | undefined }) {
  const lines = (of ?? '').split('\n').filter((line) => !/^(---|\+\+\+|Index:|=+$|\\)/.test(line));
  if (lines.join('').trim() === '') return <Code>{text.config.same}</Code>;
  return (
    <Code
      block
      className="diff"
      mah="50vh"
      style={{ overflow: 'auto' }}
      tabIndex={0}
      aria-label={text.config.diff}
    >
      {lines.map((line, index) => (
        <div key={index} className={classOf(line)}>
          {line === '' ? ' ' : line}
        </div>
      ))}
    </Code>
  );
}

function classOf(line: string): string | undefined {
  if (line.startsWith('+')) return 'diff-added';
  return line.startsWith('-') ? 'diff-removed' : undefined;
}
