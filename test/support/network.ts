import { execFile, execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestNetwork {
  /** What a program is started with to be inside. */
  readonly within: readonly [string, ...string[]];
  /** By which those outside reach those inside. */
  readonly address: string;
  /** By which those inside reach this machine, once it is given to a server as an address to listen on. */
  readonly outside: string;
  /** Drops every packet between the inside and this port outside, silently, as a partition does. */
  cutFrom(port: number): Promise<void>;
  heal(): Promise<void>;
  /** To be called when all inside have ended. */
  remove(): Promise<void>;
}

/** Why this machine has no networks for tests, if so. */
export function whyNoNetworks(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  for (const [command, args] of [
    ['ip', ['netns', 'list']],
    ['iptables', ['--version']],
  ] as const)
    try {
      execFileSync(command, args, { stdio: 'ignore' });
    } catch {
      return `the command ${command} is missing or may not be used here`;
    }
  return undefined;
}

/** A network namespace with one link to this machine. */
export async function startNetwork(): Promise<TestNetwork> {
  const id = randomInt(0x10_00, 0xff_ff).toString(16);
  const [name, link, peer] = [`muxgate-${id}`, `mxg${id}a`, `mxg${id}b`];
  const subnet = `10.213.${randomInt(1, 255)}`;
  const [outside, address] = [`${subnet}.1`, `${subnet}.2`];
  const ip = (...args: string[]) => run('ip', args);
  await ip('netns', 'add', name);
  await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', peer, 'netns', name);
  await ip('addr', 'add', `${outside}/24`, 'dev', link);
  await ip('link', 'set', link, 'up');
  await ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', peer);
  await ip('-n', name, 'link', 'set', peer, 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  await ip('-n', name, 'route', 'add', 'default', 'via', outside);
  const within = ['ip', 'netns', 'exec', name] as const;
  const filter = (...args: string[]) => ip('netns', 'exec', name, 'iptables', '-w', ...args);
  return {
    within,
    address,
    outside,
    cutFrom: async (port) => {
      await filter('-A', 'OUTPUT', '-p', 'tcp', '--dport', String(port), '-j', 'DROP');
      await filter('-A', 'INPUT', '-p', 'tcp', '--sport', String(port), '-j', 'DROP');
    },
    heal: async () => void (await filter('-F')),
    remove: async () => void (await ip('netns', 'del', name)),
  };
}
