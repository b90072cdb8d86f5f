import { describe, expect, it } from 'vitest';
import { readRouting, withRouterEntry, withTargets } from './routing-document.ts';

const SOURCE = `version: 1
console:
  sso: { scopes: [openid,  email] } # as they wrote it
models:
  - name: big
    targets:
      - { provider: first, model: a } # the cheap one
      - { provider: second, model: b, priority: 2 }
    aliases: [ large ]
router:
  default: big
plugins: [ ]
`;

describe('a change of routing', () => {
  it('moves targets with what is written beside them, and touches nothing else', () => {
    const [model] = readRouting(SOURCE).models;
    const moved = [...(model?.targets ?? [])]
      .reverse()
      .map((target, index) => ({ ...target, priority: index + 1 }));
    expect(withTargets(SOURCE, 'big', moved)).toBe(
      SOURCE.replace(/ {6}- \{ provider: first.*\n.*\n/, (lines) => {
        const [first, second] = lines.trimEnd().split('\n');
        return `${second?.replace('priority: 2', 'priority: 1')}\n${first?.replace('a }', 'a, priority: 2 }')}\n`;
      }),
    );
  });

  it('sets and removes an entry of the router, and touches nothing else', () => {
    const set = withRouterEntry(SOURCE, 'think', 'big');
    expect(set).toBe(SOURCE.replace('default: big\n', 'default: big\n  think: big\n'));
    expect(withRouterEntry(set, 'think', '')).toBe(SOURCE);
  });

  it('makes the router where there is none', () => {
    expect(withRouterEntry('version: 1\n', 'default', 'big')).toBe('version: 1\nrouter:\n  default: big\n');
  });

  it('says the same of a text whose lists are not indented', () => {
    const flat = SOURCE.replaceAll('\n      - {', '\n    - {');
    const entry = readRouting(flat).models[0];
    const moved = [...(entry?.targets ?? [])]
      .reverse()
      .map((target, index) => ({ ...target, priority: index + 1 }));
    expect(
      readRouting(withTargets(flat, 'big', moved)).models[0]?.targets.map(({ provider }) => provider),
    ).toEqual(['second', 'first']);
  });
});
