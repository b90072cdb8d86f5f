import { LineCounter, parseDocument, type YAMLError } from 'yaml';

const MAX_BYTES = 1024 * 1024;
/** Enough for shared blocks; far below what a "billion laughs" file needs. */
const MAX_ALIASES = 100;

/** YAML 1.2 text → plain data, or the mistakes of its syntax with line and column. */
export function readYaml(text: string): { value: unknown } | { problems: string[] } {
  if (Buffer.byteLength(text) > MAX_BYTES) return { problems: ['the file is larger than 1 MiB'] };
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
    });
    const faults = [...document.errors, ...document.warnings];
    if (faults.length > 0) return { problems: faults.map((fault) => describe(fault, lines)) };
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    // Alias bombs, aliases that hold themselves and nesting deeper than the stack throw instead of being listed.
    return {
      problems: [
        error instanceof Error && /alias/i.test(error.message)
          ? error.message
          : 'this YAML cannot be read: it nests too deeply',
      ],
    };
  }
}

function describe(fault: YAMLError, lines: LineCounter): string {
  const { line, col } = lines.linePos(fault.pos[0]);
  const says = fault.code === 'DUPLICATE_KEY' ? 'the same key is there twice' : fault.message;
  return `line ${line}, column ${col}: ${says}`;
}
