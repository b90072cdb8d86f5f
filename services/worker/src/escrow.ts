import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { committable, type CommittableLease, type RefreshVault, type StoredTokenSet } from '@muxgate/vault';

/** A token set that Redis would not take yet, with what a later process needs to commit it. */
export interface Escrowed {
  readonly lease: CommittableLease;
  readonly tokenSet: StoredTokenSet;
}

interface EscrowFile {
  readonly lease: CommittableLease;
  readonly envelope: string;
}

/** Sealed files, one a token set: written when Redis does not take a commit, gone when it did. */
export class Escrow {
  constructor(
    private readonly directory: string,
    private readonly vault: RefreshVault,
  ) {}

  /** On disk, and synced, when it resolves. */
  async keep({ lease, tokenSet }: Escrowed): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const content: EscrowFile = {
      lease: committable(lease),
      envelope: this.vault.sealForEscrow(lease, tokenSet),
    };
    const path = this.pathOf(lease);
    const file = await open(`${path}.part`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(content));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.part`, path);
  }

  async forget(lease: CommittableLease): Promise<void> {
    await rm(this.pathOf(lease), { force: true });
  }

  /** What processes before this one left behind. */
  async leftBehind(): Promise<Escrowed[]> {
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const texts = names
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFile(join(this.directory, name), 'utf8'));
    return (await Promise.all(texts)).map((text) => {
      const { lease, envelope } = JSON.parse(text) as EscrowFile;
      return { lease, tokenSet: this.vault.openFromEscrow(lease, envelope) };
    });
  }

  private pathOf({ credential, generation, fence }: CommittableLease): string {
    return join(this.directory, `${credential}.${generation}.${fence}.json`);
  }
}
