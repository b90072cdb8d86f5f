import { isNode, LineCounter, parseDocument } from 'yaml';

/** Where a mistake is in the text: by its path (`models[0].name`), or by the line that a syntax error names. */
export function placeOf(source: string, path: string, message: string): { from: number; to: number } {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const line = /^line (\d+)/.exec(message)?.[1];
  if (path === '' && line !== undefined) {
    const from = lines.lineStarts[Number(line) - 1] ?? 0;
    return { from: Math.min(from, source.length), to: Math.min(from + 1, source.length) };
  }
  const steps = [...path.matchAll(/([^.[\]]+)/g)].map(([step]) => (/^\d+$/.test(step) ? Number(step) : step));
  // a field that is missing is marked at what should hold it
  for (let length = steps.length; length > 0; length--) {
    const node: unknown = document.getIn(steps.slice(0, length), true);
    if (isNode(node) && node.range != null) {
      const [from, to] = node.range;
      return { from: Math.min(from, source.length), to: Math.min(Math.max(from, to), source.length) };
    }
  }
  return { from: 0, to: Math.min(1, source.length) };
}
