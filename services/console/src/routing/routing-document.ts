import { isMap, isNode, isSeq, parseDocument, type Document, type YAMLMap } from 'yaml';

/** What the routing view shows and changes of the configuration's text. The rest of the text, comments too, stays. */

export interface Target {
  /** stays with a target while it is moved */
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly priority: number;
  readonly weight: number;
}

export interface RoutingModel {
  readonly name: string;
  readonly targets: readonly Target[];
}

export type RouterEntries = Readonly<Record<string, string>>;

export interface RoutingDocument {
  readonly models: readonly RoutingModel[];
  readonly router: RouterEntries;
  readonly rules: readonly { readonly name: string; readonly when: string; readonly use: string }[];
}

export const ROUTER_ENTRIES = ['default', 'webSearch', 'think', 'background', 'image'] as const;

export function readRouting(source: string): RoutingDocument {
  const document = parseDocument(source);
  const plain = (document.toJS() ?? {}) as {
    models?: { name: string; targets: Partial<Target>[] }[];
    router?: Record<string, unknown> & { rules?: { name: string; when: unknown; use: string }[] };
  };
  return {
    models: (plain.models ?? []).map(({ name, targets }) => ({
      name,
      targets: targets.map(({ provider = '', model = '', priority = 1, weight = 1 }, index) => ({
        id: `${name}#${index}`,
        provider,
        model,
        priority,
        weight,
      })),
    })),
    router: Object.fromEntries(
      ROUTER_ENTRIES.flatMap((entry) => {
        const value = plain.router?.[entry];
        return typeof value === 'string' ? [[entry, value]] : [];
      }),
    ),
    rules: (plain.router?.rules ?? []).map(({ name, when, use }) => ({
      name,
      when: JSON.stringify(when),
      use,
    })),
  };
}

/** Puts targets in this order: their nodes are moved, so what is written beside them moves along. */
export function withTargets(source: string, model: string, targets: readonly Target[]): string {
  const document = parseDocument(source);
  const path = ['models', indexOf(document, model)];
  const node = document.getIn([...path, 'targets']);
  if (!isSeq(node)) return source;
  const before = [...node.items];
  node.items = targets.map(({ id, priority, weight }) => {
    const item = before[Number(id.slice(id.lastIndexOf('#') + 1))] as YAMLMap;
    setUnlessDefault(item, 'priority', priority);
    setUnlessDefault(item, 'weight', weight);
    return item;
  });
  return spliced(source, document, [...path, 'targets']);
}

export function withRouterEntry(source: string, entry: string, model: string): string {
  const document = parseDocument(source);
  if (model === '') document.deleteIn(['router', entry]);
  else document.setIn(['router', entry], model);
  return spliced(source, document, ['router']);
}

/** The text with the part at `path` as it is in the edited document: what others wrote keeps their own style. */
function spliced(source: string, edited: Document, path: readonly unknown[]): string {
  const whole = edited.toString({ lineWidth: 0 });
  const [before, after] = [partAt(source, path), partAt(whole, path)];
  if (before === undefined || after === undefined) return whole;
  const result = source.slice(0, before[0]) + whole.slice(...after) + source.slice(before[1]);
  const same = JSON.stringify(parseDocument(result).toJS()) === JSON.stringify(edited.toJS());
  // a part that is indented otherwise than the library does
  return same ? result : whole;
}

function partAt(source: string, path: readonly unknown[]): [start: number, end: number] | undefined {
  const node = parseDocument(source).getIn(path, true);
  return isNode(node) && node.range ? [node.range[0], node.range[2]] : undefined;
}

function indexOf(document: Document, name: string): number {
  const models = document.get('models');
  return isSeq(models) ? models.items.findIndex((item) => isMap(item) && item.get('name') === name) : -1;
}

function setUnlessDefault(item: YAMLMap, key: string, value: number): void {
  if (value === 1 && !item.has(key)) return;
  item.set(key, value);
}
