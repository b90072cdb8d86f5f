import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this process in leases, so that the next worker on the same machine can prove that a holder is dead
 * rather than wait for its lease to end.
 */
export class Holder {
  private readonly attempts = new Set<string>();

  private constructor(
    private readonly machine: string,
    private readonly pid: number,
    private readonly instance: string,
  ) {}

  static ofThisProcess(): Holder {
    return new Holder(pidSpace(), process.pid, randomUUID());
  }

  /** A name for one attempt, until `end`. */
  begin(): string {
    const owner = [this.machine, this.pid, this.instance, randomUUID()].join('/');
    this.attempts.add(owner);
    return owner;
  }

  end(owner: string): void {
    this.attempts.delete(owner);
  }

  /** True only if the attempt of this name cannot go on. A pid that was given anew counts as alive. */
  isProvedDead(owner: string): boolean {
    const [machine, pidText, instance] = owner.split('/');
    const pid = Number(pidText);
    if (machine !== this.machine || !Number.isInteger(pid) || pid <= 0) return false;
    if (instance === this.instance) return !this.attempts.has(owner);
    return pid === this.pid || !isRunning(pid);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Where pids mean the same: one boot of one machine and one PID namespace; containers may share host names. */
function pidSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const [namespace = ''] = /\d+/.exec(readlinkSync('/proc/self/ns/pid')) ?? [];
    return `${boot}.${namespace}`;
  } catch {
    return hostname().replaceAll('/', '_');
  }
}
