import { Account, type Limit } from '@muxgate/limits';

const MAX_ACCOUNTS = 10_000;
/** For one to forget, when there are too many. */
const LOOKS = 10;

/** What this replica has taken of limits; of one that it has nothing of it need not remember anything. */
export class Accounts {
  private readonly byScope = new Map<string, Account>();

  constructor(private readonly now: () => number) {}

  of(limit: Limit): Account {
    let account = this.byScope.get(limit.scope);
    if (account === undefined) {
      if (this.byScope.size >= MAX_ACCOUNTS) this.forgetIdle();
      this.byScope.set(limit.scope, (account = new Account(limit, this.now())));
    } else if (account.limit !== limit) account.limit = limit;
    return account;
  }

  all(): Iterable<Account> {
    return this.byScope.values();
  }

  private forgetIdle(): void {
    const now = this.now();
    let looks = 0;
    for (const [scope, account] of this.byScope) {
      if (account.isIdle(now)) this.byScope.delete(scope);
      if (++looks === LOOKS) return;
    }
  }
}
