import { interrupted, usageFailure } from './failure.js';
import { isInteractive, type Io } from './io.js';

/** The prompt library costs as much start-up as all the rest, so it is loaded only when somebody is asked. */
const library = () => import('@clack/prompts');

function streams(io: Io) {
  return { input: io.stdin, output: io.stderr };
}

export async function askText(
  io: Io,
  message: string,
  options: {
    readonly initialValue?: string | undefined;
    readonly placeholder?: string;
    readonly validate?: (value: string | undefined) => string | undefined;
    readonly signal?: AbortSignal;
  } = {},
): Promise<string> {
  const { text, isCancel } = await library();
  const { initialValue, placeholder, validate, signal } = options;
  const answer = await text({
    message,
    ...(initialValue === undefined ? {} : { initialValue }),
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(validate === undefined ? {} : { validate }),
    ...(signal === undefined ? {} : { signal }),
    ...streams(io),
  });
  if (isCancel(answer)) throw interrupted();
  return answer.trim();
}

export async function askSecret(io: Io, message: string): Promise<string> {
  const { password, isCancel } = await library();
  const answer = await password({
    message,
    validate: (value) => (value ? undefined : 'It cannot be empty.'),
    ...streams(io),
  });
  if (isCancel(answer)) throw interrupted();
  return answer.trim();
}

export async function choose(io: Io, message: string, values: readonly string[]): Promise<string> {
  const { select, isCancel } = await library();
  const answer = await select({
    message,
    options: values.map((value) => ({ value, label: value })),
    ...streams(io),
  });
  if (isCancel(answer)) throw interrupted();
  return answer;
}

/** Asks before what cannot be undone, unless `--yes` said so already. Throws when the answer is no. */
export async function confirmed(io: Io, yes: boolean | undefined, question: string): Promise<void> {
  if (yes === true) return;
  if (!isInteractive(io)) {
    throw usageFailure(`${question} Nobody is here to be asked.`, 'add --yes to say so beforehand');
  }
  const { confirm } = await library();
  // a cancelled question is a no as well
  if ((await confirm({ message: question, initialValue: false, ...streams(io) })) !== true) {
    throw interrupted();
  }
}
