import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { findProgram } from '../../../scripts/launcher/debian-package.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [part: string]: unknown;
}

export const NO_KUBECTL =
  findProgram('kubectl', process.env['PATH'] ?? '') === undefined ? 'this machine has no kubectl' : undefined;

/** Directories below k8s/overlays and k8s/tests. */
export const OVERLAYS: readonly string[] = ['k8s/overlays', 'k8s/tests'].flatMap((parent) =>
  readdirSync(parent).map((name) => join(parent, name)),
);

export const COMPONENTS: readonly string[] = readdirSync('k8s/components').filter((name) =>
  existsSync(join('k8s/components', name, 'kustomization.yaml')),
);

const built = new Map<string, readonly Manifest[]>();

/** What `kubectl apply -k` would send. */
export function build(directory: string): readonly Manifest[] {
  let manifests = built.get(directory);
  if (manifests === undefined) built.set(directory, (manifests = kustomize(directory)));
  return manifests;
}

function kustomize(directory: string): Manifest[] {
  const text = execFileSync('kubectl', ['kustomize', directory], { encoding: 'utf8' });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** One text for a manifest, as people name it. */
export const titleOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

export function named<T>(manifests: readonly Manifest[], title: string): T {
  const found = manifests.find((manifest) => titleOf(manifest) === title);
  if (found === undefined) throw new Error(`there is no ${title}`);
  return found as T;
}
