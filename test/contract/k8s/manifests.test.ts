import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { build, COMPONENTS, named, NO_KUBECTL, OVERLAYS, titleOf, type Manifest } from './manifests.ts';
import type { PodOwner } from './pod.types.ts';
import { customMistakes, isCustom } from './custom-kinds.ts';
import { mistakesOf } from './validate.ts';

const OURS = ['gateway', 'auth', 'worker'] as const;
/** The Pod Security Standard "restricted", as far as it asks for a value. */
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

describe.skipIf(NO_KUBECTL !== undefined)(
  `Kubernetes manifests${NO_KUBECTL ? ` (skipped: ${NO_KUBECTL})` : ''}`,
  () => {
    it.each(OVERLAYS)(
      '%s builds, and has right types, all that is required and nothing unknown',
      async (overlay) => {
        const manifests = build(overlay);
        const mistakes = await Promise.all(
          manifests
            .filter((manifest) => !isCustom(manifest))
            .map(async (manifest) =>
              (await mistakesOf(manifest)).map((mistake) => `${titleOf(manifest)}: ${mistake}`),
            ),
        );
        expect([...mistakes.flat(), ...customMistakes(manifests.filter(isCustom))]).toEqual([]);
      },
    );

    it('mistakes are found: a wrong type, a missing field, an unknown one', async () => {
      const service = named<Manifest>(build('k8s/tests/base-alone'), 'Service/muxgate-gateway');
      const broken = (spec: unknown): Promise<string[]> => mistakesOf({ ...service, spec });
      await expect(broken({ ports: [{ port: 'http' }] })).resolves.not.toEqual([]);
      await expect(broken({ ports: [{ name: 'http' }] })).resolves.not.toEqual([]);
      await expect(broken({ ports: [{ port: 1 }], portz: [] })).resolves.toEqual([
        '.spec.portz is not known',
      ]);
    });

    it('mistakes in kinds of operators are found too', () => {
      const all = OVERLAYS.flatMap(build);
      const titles = ['PodMonitor/muxgate', 'PrometheusRule/muxgate', 'ScaledObject/muxgate-gateway'];
      for (const title of titles) {
        const manifest = named<Manifest>(all, title);
        const spec = manifest['spec'] as object;
        expect(customMistakes([{ ...manifest, spec: { ...spec, specc: 1 } }])).toEqual([
          expect.stringMatching(new RegExp(`^${title}: .*specc`)),
        ]);
      }
      const monitor = named<Manifest>(all, 'PodMonitor/muxgate');
      expect(customMistakes([{ ...monitor, spec: {} }])).not.toEqual([]);
      expect(customMistakes([{ ...monitor, spec: { selector: {}, podMetricsEndpoints: 1 } }])).not.toEqual(
        [],
      );
    });

    it('every component is part of an overlay that builds', () => {
      const used = OVERLAYS.flatMap(
        (overlay) =>
          (parse(readFileSync(`${overlay}/kustomization.yaml`, 'utf8')) as { components?: string[] })
            .components ?? [],
      );
      expect([...new Set(used.map((path) => path.split('/').at(-1)))].toSorted()).toEqual(
        COMPONENTS.toSorted(),
      );
    });

    it('pods keep to the restricted profile, have no token, and say what they need', () => {
      for (const manifest of OVERLAYS.flatMap(build)) {
        if (manifest.kind !== 'Deployment' && manifest.kind !== 'StatefulSet') continue;
        const { spec } = (manifest as unknown as PodOwner).spec.template;
        expect(spec).toMatchObject({
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        });
        for (const container of spec.containers) {
          expect(container.securityContext).toEqual(RESTRICTED);
          expect(container.resources).toMatchObject({
            requests: { cpu: expect.any(String), memory: expect.any(String) },
            limits: { memory: expect.any(String) },
          });
          expect(container.readinessProbe).toBeDefined();
        }
        expect(spec.volumes?.filter((volume) => 'hostPath' in volume) ?? []).toEqual([]);
      }
    });

    it('the gateway mounts no refresh key; each service mounts the secrets of its own and no more', () => {
      const manifests = build('k8s/overlays/production');
      const mounted = (service: string) =>
        secretsOf(named<PodOwner>(manifests, `Deployment/muxgate-${service}`));
      expect(mounted('gateway')).toEqual(['muxgate-access-keys', 'muxgate-redis-gateway']);
      expect(mounted('auth')).toEqual([
        'muxgate-access-keys',
        'muxgate-admin-tokens',
        'muxgate-redis-auth',
        'muxgate-refresh-keys',
      ]);
      expect(mounted('worker')).toEqual([
        'muxgate-access-keys',
        'muxgate-redis-worker',
        'muxgate-refresh-keys',
      ]);
      const gateway = JSON.stringify(named(manifests, 'Deployment/muxgate-gateway'));
      expect(gateway).not.toMatch(/refresh/i);
    });

    it.each(OURS)(
      '%s: rolls without a gap, is spread, kept by a budget, and may finish before it is killed',
      (service) => {
        const manifests = build('k8s/tests/base-alone');
        const { spec } = named<PodOwner>(manifests, `Deployment/muxgate-${service}`);
        expect(spec.strategy?.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
        expect(spec.template.spec.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([
          'topology.kubernetes.io/zone',
          'kubernetes.io/hostname',
        ]);
        expect(named<Manifest>(manifests, `PodDisruptionBudget/muxgate-${service}`)['spec']).toMatchObject({
          maxUnavailable: 1,
          selector: spec.selector,
        });
        const [container] = spec.template.spec.containers;
        const value = (name: string) =>
          Number(container?.env?.find((variable) => variable.name === name)?.value ?? 0);
        const longest =
          (container?.lifecycle?.preStop?.sleep?.seconds ?? 0) +
          value('DRAIN_GRACE_SECONDS') +
          value('DRAIN_SECONDS');
        expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(longest + 30);
      },
    );

    it('a change of the configuration reaches running pods, one of the environment replaces them', () => {
      const manifests = build('k8s/overlays/local');
      const { containers, volumes } = named<PodOwner>(manifests, 'Deployment/muxgate-auth').spec.template
        .spec;
      expect(volumes).toContainEqual({ name: 'config', configMap: { name: 'muxgate-config' } });
      expect(containers[0]?.volumeMounts).toContainEqual({
        name: 'config',
        mountPath: '/etc/muxgate',
        readOnly: true,
      });
      expect(containers[0]?.envFrom).toEqual([
        { configMapRef: { name: expect.stringMatching(/^muxgate-environment-.+/) } },
      ]);
    });

    it.each(OURS)('%s exports traces with the component alone', (service) => {
      const collectorOf = (overlay: string): string | undefined => {
        const manifests = build(overlay);
        const { containers } = named<PodOwner>(manifests, `Deployment/muxgate-${service}`).spec.template.spec;
        const [source] = containers[0]?.envFrom ?? [];
        const { data } = named<Manifest & { data: Record<string, string> }>(
          manifests,
          `ConfigMap/${source?.configMapRef?.name}`,
        );
        return data['OTEL_EXPORTER_OTLP_ENDPOINT'];
      };
      expect(collectorOf('k8s/tests/tracing')).toBe('http://otel-collector.observability:4318');
      expect(collectorOf('k8s/tests/base-alone')).toBeUndefined();
    });

    it('images have the version of this package', () => {
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
      for (const service of OURS) {
        const { spec } = named<PodOwner>(build('k8s/overlays/local'), `Deployment/muxgate-${service}`);
        expect(spec.template.spec.containers[0]?.image).toBe(`muxgate-${service}:${version}`);
      }
    });
  },
);

/** Names of all secrets that a pod can read, by whichever way. */
function secretsOf(owner: PodOwner): string[] {
  const names: string[] = [];
  JSON.stringify(owner.spec.template, (key, value: unknown) => {
    const { name, secretName } = (value ?? {}) as { name?: string; secretName?: string };
    if (['secret', 'secretRef', 'secretKeyRef'].includes(key)) names.push(name ?? secretName ?? 'unnamed');
    return value;
  });
  return names.toSorted();
}
