import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { runCommand } from '../../scripts/launcher/run-command.ts';
import { registerTeardown } from '../support/teardown.ts';
import { run } from './container-tools.ts';

/** Older kernels and unprivileged machines need one or the other of these. */
const WAYS_TO_RUN: readonly (readonly string[])[] = [
  [],
  ['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'],
  ['--runtime', 'runc', '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'],
];

/** What Kubernetes' restricted profile and our manifests ask for. */
const LOCKED_DOWN = [
  '--read-only',
  '--cap-drop=all',
  '--security-opt=no-new-privileges',
  '--tmpfs=/tmp:rw,noexec,nosuid,size=64m',
];

export interface ContainerOptions {
  readonly image: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Paths of this machine, mounted read-only. */
  readonly mounts?: Readonly<Record<string, string>>;
  readonly options?: readonly string[];
  readonly args?: readonly string[];
}

export interface Container {
  readonly address: string;
  logs(): Promise<string>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number>;
  /** Memory of its first process in MiB, now. */
  residentMiB(): Promise<number>;
}

/** A network without a way out, and the containers on it, gone after the test. */
export class PrivateNetwork {
  private readonly names: string[] = [];
  private last = 9;

  private constructor(
    private readonly name: string,
    private readonly prefix: string,
    private readonly how: readonly string[],
  ) {}

  /** @param probe an image whose program ends by itself, given `--version` */
  static async create(probe: string): Promise<PrivateNetwork> {
    const how = await wayToRun(probe);
    const name = `muxgate-test-${randomBytes(4).toString('hex')}`;
    await run('podman', 'network', 'create', '--internal', name);
    const [{ subnets }] = JSON.parse(await run('podman', 'network', 'inspect', name)) as [
      { subnets: [{ subnet: string }] },
    ];
    const network = new PrivateNetwork(name, subnets[0].subnet.replace(/\.0\/24$/, ''), how);
    await registerTeardown(
      () => network.remove(),
      () => void spawnSync('podman', network.removal),
    );
    return network;
  }

  /** The address of the next container, for whom it has to be told before it runs. */
  nextAddress(): string {
    return `${this.prefix}.${++this.last}`;
  }

  async start(
    address: string,
    { image, env = {}, mounts = {}, options = [], args = [] }: ContainerOptions,
  ): Promise<Container> {
    const name = `${this.name}-${address.split('.').at(-1)}`;
    this.names.push(name);
    const settings = [
      ...Object.entries(env).map(([variable, value]) => `--env=${variable}=${value}`),
      ...Object.entries(mounts).map(([to, from]) => `--volume=${from}:${to}:ro`),
    ];
    const where = ['--name', name, '--network', this.name, '--ip', address];
    await run(
      'podman',
      'run',
      '--detach',
      ...where,
      ...this.how,
      ...LOCKED_DOWN,
      ...settings,
      ...options,
      image,
      ...args,
    );
    const inspect = (what: string) => run('podman', 'inspect', name, '--format', what);
    return {
      address,
      logs: () => run('podman', 'logs', name),
      stop: async () => {
        await run('podman', 'stop', '--time', '60', name);
        return Number(await inspect('{{.State.ExitCode}}'));
      },
      residentMiB: async () => {
        const status = await readFile(`/proc/${await inspect('{{.State.Pid}}')}/status`, 'utf8');
        return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
      },
    };
  }

  /** Runs a container to its end. @returns what it wrote */
  async runOnce(image: string, options: readonly string[], args: readonly string[]): Promise<string> {
    return await run(
      'podman',
      'run',
      '--rm',
      '--network',
      this.name,
      ...this.how,
      ...LOCKED_DOWN,
      ...options,
      image,
      ...args,
    );
  }

  private get removal(): string[] {
    return ['network', 'rm', '--force', '--time', '0', this.name];
  }

  private async remove(): Promise<void> {
    await runCommand('podman', this.removal, { env: process.env });
  }
}

async function wayToRun(probe: string): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const how of WAYS_TO_RUN) {
    const { code, output } = await runCommand(
      'podman',
      ['run', '--rm', '--network=none', ...how, probe, '--version'],
      {
        env: process.env,
      },
    );
    if (code === 0) return how;
    failures.push(output);
  }
  throw new Error(`podman runs no container here:\n${failures.join('\n')}`);
}
