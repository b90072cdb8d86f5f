import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import tab from '@bomb.sh/tab/commander';
import { Command, CommanderError } from 'commander';
import { examples, type CommandParts, type RunState } from './command.js';
import { auditCommand } from './commands/audit.js';
import { configCommand } from './commands/config.js';
import { configureCommand } from './commands/configure.js';
import { credentialsCommand } from './commands/credentials.js';
import { invitationsCommand } from './commands/invitations.js';
import { keysCommand } from './commands/keys.js';
import { loginCommand } from './commands/login.js';
import { providersCommand } from './commands/providers.js';
import { routeCommand } from './commands/route.js';
import { statusCommand } from './commands/status.js';
import { teamsCommand } from './commands/teams.js';
import { tokensCommand } from './commands/tokens.js';
import { usageCommand } from './commands/usage.js';
import type { Io } from './io.js';

const EXIT_CODES = `
Exit codes: 0 done, 1 refused by the server, 2 usage, 3 unreachable, 4 unauthorized.
`;

/** All of the command line; nothing is read or sent before it is parsed. */
export function createProgram(io: Io, state: RunState): Command {
  const parts: CommandParts = { io, state };
  const program = new Command('muxgate')
    .description('Operate Muxgate: connect upstream accounts, manage keys, look at what goes on.')
    .version(versionOf(io.checkout), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help with examples')
    .option('--url <url>', 'the auth service (MUXGATE_URL)')
    .option('--gateway-url <url>', 'the gateway, for status (MUXGATE_GATEWAY_URL)')
    .option(
      '--token-file <file>',
      'file that holds the admin token, - for stdin (MUXGATE_ADMIN_TOKEN, MUXGATE_ADMIN_TOKEN_FILE)',
    )
    .option('--json', 'print JSON, for programs')
    .option('-y, --yes', 'answer yes to questions before something is lost')
    .showHelpAfterError('(add --help for usage and examples)')
    .configureHelp({ showGlobalOptions: true, helpWidth: io.stdout.columns ?? 100 })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride((error: CommanderError) => {
      throw error;
    });
  for (const create of COMMANDS) {
    const command = create(parts);
    inherit(command, program);
    program.addCommand(command);
  }
  addCompletion(program, io);
  program.addHelpText(
    'after',
    examples('muxgate configure', 'muxgate login anthropic-max', 'muxgate tokens list') + EXIT_CODES,
  );
  return program;
}

const COMMANDS = [
  configureCommand,
  loginCommand,
  statusCommand,
  tokensCommand,
  keysCommand,
  teamsCommand,
  credentialsCommand,
  invitationsCommand,
  providersCommand,
  routeCommand,
  usageCommand,
  auditCommand,
  configCommand,
];

/** Commands that are built on their own take over how the program prints, helps and ends. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
}

function addCompletion(program: Command, io: Io): void {
  tab(program, { completionCommandName: 'completion' });
  const completion = program.commands.find((command) => command.name() === 'completion');
  completion
    ?.description('Print a completion script for a shell')
    .hook('preAction', (_program, { processedArgs: [shell] }) => {
      if (shell === 'bash') io.stdout.write(BARE_BASH);
    })
    .addHelpText(
      'after',
      examples(
        'source <(muxgate completion bash)',
        'source <(muxgate completion zsh)',
        'muxgate completion fish > ~/.config/fish/completions/muxgate.fish',
      ),
    );
}

/** The script asks a function of the package bash-completion, which not every machine has. */
const BARE_BASH = `declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
    cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
}
`;

function versionOf(checkout: string): string {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
