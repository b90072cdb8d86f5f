import { Account, type Limit } from '@muxgate/limits';

const MAX_ACCOUNTS = 10_000;
/** For one to forget, when there are too many. */
const LOOKS = 10;

/** What this replica has taken of limits; of one that it has nothing of it need not remember anything. */
export class Accounts {
  private readonly byScope = new Map<string, Account>();
  /** the same, of the limits of a key and a model: one look for all of them */
  private byLimits = new WeakMap<readonly Limit[], readonly Account[]>();

  constructor(private readonly now: () => number) {}

  of(limits: readonly Limit[]): readonly Account[] {
    let accounts = this.byLimits.get(limits);
    if (accounts === undefined) {
      // before any of them is looked up, which might be idle
      if (this.byScope.size >= MAX_ACCOUNTS) this.forgetIdle();
      accounts = limits.map((limit) => this.ofOne(limit));
      this.byLimits.set(limits, accounts);
    }
    return accounts;
  }

  all(): Iterable<Account> {
    return this.byScope.values();
  }

  private ofOne(limit: Limit): Account {
    let account = this.byScope.get(limit.scope);
    if (account === undefined) this.byScope.set(limit.scope, (account = new Account(limit, this.now())));
    else if (account.limit !== limit) account.limit = limit;
    return account;
  }

  private forgetIdle(): void {
    this.byLimits = new WeakMap();
    const now = this.now();
    let looks = 0;
    for (const [scope, account] of this.byScope) {
      if (account.isIdle(now)) this.byScope.delete(scope);
      if (++looks === LOOKS) return;
    }
  }
}
