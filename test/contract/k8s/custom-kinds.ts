import { resolve } from 'node:path';
import ts from 'typescript';
import { titleOf, type Manifest } from './manifests.ts';

/** The package that has the definitions of operators' kinds, by their group and version. */
const PACKAGES: Readonly<Record<string, string>> = {
  'monitoring.coreos.com/v1': 'prometheus-operator',
  'gateway.networking.k8s.io/v1': 'gateway-api',
  'keda.sh/v1alpha1': 'keda',
};

const SOURCE = resolve('manifests-of-custom-kinds.ts');

export const isCustom = ({ apiVersion }: Manifest): boolean => PACKAGES[apiVersion] !== undefined;

/**
 * Types, required fields and unknown fields of operators' kinds, by their types: the compiler refuses in a literal what
 * a definition does not have.
 *
 * @returns the mistakes, each with the manifest's title
 */
export function customMistakes(manifests: readonly Manifest[]): string[] {
  const lines = manifests.map((manifest, index) => {
    const { apiVersion, kind } = manifest;
    const module = `@kubernetes-models/${PACKAGES[apiVersion]}/${apiVersion}/${kind}`;
    return `import type { I${kind} as T${index} } from '${module}'; export const m${index}: T${index} = ${JSON.stringify(manifest)};`;
  });
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === SOURCE
      ? ts.createSourceFile(name, lines.join('\n'), ts.ScriptTarget.Latest)
      : read(name, ...rest);
  const program = ts.createProgram([SOURCE], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    if (file === undefined || start === undefined) return text;
    const manifest = manifests[file.getLineAndCharacterOfPosition(start).line];
    return `${manifest === undefined ? file.fileName : titleOf(manifest)}: ${text}`;
  });
}
