import { AppError, InvalidInput } from './errors.js';

type Checks<T extends unknown[]> = { [K in keyof T]: () => T[K] | Promise<T[K]> };

/**
 * Runs independent checks of a process's inputs and answers all of their results, or throws one error with the
 * problems of all that failed, so that an operator mends them in one go.
 *
 * @throws InvalidInput; anything that is not an AppError is a bug and thrown as it is
 */
export async function allValid<T extends unknown[]>(...checks: Checks<T>): Promise<T> {
  const outcomes = await Promise.allSettled(checks.map(async (check) => (check as () => unknown)()));
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  const bug = failures.find((failure) => !(failure instanceof AppError));
  if (bug !== undefined) throw bug;
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) {
    const subjects = failures.map((failure) =>
      failure instanceof InvalidInput ? failure.subject : 'the start',
    );
    throw new InvalidInput(
      [...new Set(subjects)].join(' and '),
      failures.flatMap(problemsOf),
      'config_invalid',
    );
  }
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as T;
}

function problemsOf(failure: unknown): readonly string[] {
  if (failure instanceof InvalidInput) return failure.problems;
  return [(failure as AppError).message];
}
