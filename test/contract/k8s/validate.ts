import { ObjectSerializer } from '../../../node_modules/@kubernetes/client-node/dist/gen/models/ObjectSerializer.js';
import type { Manifest } from './manifests.ts';

interface Model {
  new (data: unknown): { validate(): void };
}

/** Types, required fields and unknown fields of a kind that is Kubernetes' own. @returns the mistakes */
export async function mistakesOf(manifest: Manifest): Promise<string[]> {
  return [...(await wrongTypes(manifest)), ...unknownFields(manifest)];
}

async function wrongTypes(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind } = manifest;
  const module = (await import(/* @vite-ignore */ `kubernetes-models/${apiVersion}/${kind}`)) as Record<
    string,
    Model
  >;
  const Kind = module[kind];
  if (Kind === undefined) return [`there is no model of ${apiVersion} ${kind}`];
  try {
    new Kind(manifest).validate();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Reading by the generated models drops what they do not know. */
function unknownFields(manifest: Manifest): string[] {
  const version = manifest.apiVersion.split('/').at(-1) ?? '';
  const type = `${version[0]?.toUpperCase()}${version.slice(1)}${manifest.kind}`;
  const known: unknown = ObjectSerializer.serialize(
    ObjectSerializer.deserialize(manifest, type, ''),
    type,
    '',
  );
  return lost(manifest, known, '');
}

function lost(given: unknown, known: unknown, path: string): string[] {
  if (typeof given !== 'object' || given === null) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const kept = (known as Record<string, unknown> | undefined)?.[key];
    if (kept === undefined && value !== undefined) return [`${path}.${key} is not known`];
    return lost(value, kept, `${path}.${key}`);
  });
}
