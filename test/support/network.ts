import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { runCommand } from '../../scripts/launcher/run-command.ts';
import { registerTeardown } from './teardown.ts';

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

/** 10.213.1.0/24 to 10.213.254.0/24, one for each network. */
const SUBNETS = 254;

const ip = (...args: string[]) => run('ip', args);

/**
 * A network namespace with one link to this machine, on a subnet that no other has. It is gone after the test.
 * @param first the subnet that is asked for first, 1 to 254
 */
export async function startNetwork(first = randomInt(1, SUBNETS + 1)): Promise<TestNetwork> {
  const subnet = await claimSubnet(first);
  const [name, link, peer] = [namespaceOf(subnet), `mxg${subnet}a`, `mxg${subnet}b`];
  const [outside, address] = [`10.213.${subnet}.1`, `10.213.${subnet}.2`];
  // The link first: a namespace goes later than its name, and its link with it.
  const removal = [
    ['link', 'del', link],
    ['netns', 'del', name],
  ];
  let there = true;
  const remove = async () => {
    if (!there) return;
    there = false;
    for (const args of removal) await runCommand('ip', args, { env: process.env });
  };
  await registerTeardown(remove, () => {
    if (there) for (const args of removal) spawnSync('ip', args);
  });
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
    remove,
  };
}

const namespaceOf = (subnet: number) => `muxgate-${subnet}`;

/** The name of a namespace is the claim to its subnet: of all who ask for one, the kernel gives it to the first. */
async function claimSubnet(first: number): Promise<number> {
  for (let tried = 0; tried < SUBNETS; tried++) {
    const subnet = 1 + ((first - 1 + tried) % SUBNETS);
    try {
      await ip('netns', 'add', namespaceOf(subnet));
      return subnet;
    } catch (error) {
      if (!String(error).includes('File exists')) throw error;
    }
  }
  throw new Error('every subnet for tests is taken: ip netns list, ip netns del NAME');
}
