import { RE2JS } from 're2js';

const known = new WeakMap<readonly string[], RE2JS>();

/** Whether a name is on a list of names in which `*` stands for anything; no list allows everything. */
export function isAllowed(list: readonly string[] | undefined, name: string): boolean {
  return list === undefined || list.includes(name) || (list.length > 0 && patternOf(list).matches(name));
}

/** Made once for each list; linear in time whatever a list holds. */
function patternOf(list: readonly string[]): RE2JS {
  let pattern = known.get(list);
  if (pattern === undefined) {
    const names = list.map((name) =>
      name
        .split('*')
        .map((part) => RE2JS.quote(part))
        .join('.*'),
    );
    known.set(list, (pattern = RE2JS.compile(names.join('|'))));
  }
  return pattern;
}
