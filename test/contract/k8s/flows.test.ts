import type { V1NetworkPolicy, V1NetworkPolicyPeer } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { build, NO_KUBECTL } from './manifests.ts';

const POLICIES = 'k8s/overlays/local';
const INTERNET =
  '0.0.0.0/0 but 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16, ::/0 but ::1/128 fc00::/7 fe80::/10';

describe.skipIf(NO_KUBECTL !== undefined)(
  `network policies${NO_KUBECTL ? ` (skipped: ${NO_KUBECTL})` : ''}`,
  () => {
    it('nothing flows in the namespace unless a policy says so', () => {
      const denied = policies(POLICIES).filter(
        ({ spec }) => Object.keys(spec?.podSelector ?? {}).length === 0,
      );
      expect(denied.map(({ spec }) => spec)).toEqual([
        { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      ]);
    });

    it('what a policy lists is exactly this', () => {
      expect(policies(POLICIES).flatMap(flows).toSorted()).toEqual(
        [
          'auth <- namespaces may-call : 8081',
          'auth <- namespaces may-scrape : 9081',
          'auth -> gateway : 8080',
          `auth -> ${INTERNET} : 443`,
          'auth -> redis : 6379',
          'gateway <- namespaces may-call, auth : 8080',
          'gateway <- namespaces may-scrape : 9080',
          `gateway -> ${INTERNET} : 443`,
          'gateway -> redis : 6379',
          'worker <- namespaces may-scrape : 9082',
          `worker -> ${INTERNET} : 443`,
          'worker -> redis : 6379',
          'redis <- gateway|auth|worker : 6379',
          'sandbox <- gateway|auth|worker, namespaces may-call : 9100',
          'gateway|auth|worker -> sandbox : 9100',
          'all of muxgate -> kube-dns in kube-system : 53/UDP 53/TCP',
        ].toSorted(),
      );
    });

    it('traces open one flow more, to the collector', () => {
      const of = (overlay: string): string[] => policies(overlay).flatMap(flows);
      const [without, traced] = [of('k8s/tests/keda-gateway-api'), of('k8s/tests/tracing')];
      expect(traced.toSorted()).toEqual(
        [...without, 'gateway|auth|worker -> namespaces may-collect : 4318'].toSorted(),
      );
    });

    it('without the sandbox there is no flow to it', () => {
      expect(policies('k8s/overlays/production').flatMap(flows).join()).not.toContain('sandbox');
    });
  },
);

function policies(overlay: string): V1NetworkPolicy[] {
  return build(overlay).filter(({ kind }) => kind === 'NetworkPolicy') as unknown as V1NetworkPolicy[];
}

/** One line a rule. A rule without peers or ports would let everything through, and says so. */
function flows({ spec }: V1NetworkPolicy): string[] {
  const who = podsOf(spec?.podSelector as Selector);
  const line = (
    arrow: string,
    peers: readonly V1NetworkPolicyPeer[] | undefined,
    ports: readonly Port[] | undefined,
  ) =>
    `${who} ${arrow} ${(peers ?? []).map(peer).join(', ') || 'EVERYBODY'} : ${(ports ?? []).map(port).join(' ') || 'EVERY PORT'}`;
  return [
    ...(spec?.ingress ?? []).map((rule) =>
      line('<-', rule._from ?? (rule as { from?: V1NetworkPolicyPeer[] }).from, rule.ports),
    ),
    ...(spec?.egress ?? []).map((rule) => line('->', rule.to, rule.ports)),
  ];
}

interface Port {
  port?: string | number;
  protocol?: string;
}
interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { values?: string[] }[];
}

const port = ({ port, protocol }: Port): string =>
  `${port ?? 'EVERY PORT'}${protocol === undefined ? '' : `/${protocol}`}`;

function peer({ ipBlock, namespaceSelector, podSelector }: V1NetworkPolicyPeer): string {
  if (ipBlock) return `${ipBlock.cidr} but ${ipBlock.except?.join(' ')}`;
  const pods = podSelector && podsOf(podSelector as Selector);
  if (!namespaceSelector) return pods ?? 'EVERYBODY';
  const labels = Object.entries(namespaceSelector.matchLabels ?? {}).map(([name, value]) =>
    name === 'kubernetes.io/metadata.name' ? value : `namespaces ${name.replace('muxgate.dev/', '')}`,
  );
  return pods === undefined ? labels.join() || 'EVERYBODY' : `${pods} in ${labels.join()}`;
}

function podsOf({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const some = matchExpressions.flatMap(({ values }) => values ?? []).join('|');
  const name = matchLabels['app.kubernetes.io/name']?.replace(/^muxgate-/, '');
  if (name === 'muxgate') return some || (matchLabels['app.kubernetes.io/component'] ?? 'all of muxgate');
  if (matchLabels['app.kubernetes.io/part-of'] === 'muxgate') return 'all of muxgate';
  return name ?? matchLabels['k8s-app'] ?? 'EVERYBODY';
}
