/** A vendor's body as untrusted fields; `undefined` where it is neither JSON nor a form. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads by what the bytes are, not by `content-type`, which vendors get wrong. */
export function readFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch {
    return readForm(text);
  }
}

/** GitHub's token endpoint answers a form unless asked for JSON. */
function readForm(text: string): Fields | undefined {
  if (!/^\w+=[^<>{}\s]*$/.test(text.trim())) return undefined;
  return Object.fromEntries(new URLSearchParams(text.trim()));
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string with something in it; anything else counts as absent. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
