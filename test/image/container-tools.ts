import { findProgram } from '../../scripts/launcher/debian-package.ts';
import { runCommand } from '../../scripts/launcher/run-command.ts';

/** Why this machine cannot build and run images; nothing where it can, as far as one can see without trying. */
export function whyNoContainers(): string | undefined {
  if (process.platform !== 'linux') return 'containers need Linux';
  if (process.getuid?.() !== 0) return 'rootless containers have no addresses that this test could call';
  const missing = ['buildah', 'podman', 'iptables', 'npm'].filter(
    (program) => findProgram(program, `${process.env['PATH']}:/usr/sbin`) === undefined,
  );
  return missing.length > 0 ? `this machine has no ${missing.join(', no ')}` : undefined;
}

/** Runs buildah or podman. @returns stdout and stderr, trimmed @throws Error with both */
export async function run(program: 'buildah' | 'podman', ...args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(program, args, { env: process.env });
  if (code !== 0) throw new Error(`${program} ${args.slice(0, 3).join(' ')} ended with ${code}:\n${output}`);
  return output;
}
