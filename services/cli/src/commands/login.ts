import { Command } from 'commander';
import { action, examples, type CommandParts } from '../command.js';
import { login, type LoginOptions } from '../login/login.js';
import { tokenFields } from './tokens.js';

export function loginCommand(parts: CommandParts): Command {
  return new Command('login')
    .description('Connect an upstream account by OAuth')
    .summary('Connect an upstream account by OAuth')
    .argument('[provider]', 'an OAuth provider of the configuration; asked for when absent')
    .option('-c, --credential <id>', 'id to store it under (default: the name of the provider)')
    .option('--no-browser', 'do not open a browser, only show the address')
    .option('--paste', 'paste the answer instead of waiting for the browser')
    .addHelpText(
      'after',
      `
The auth service begins the authorization, and this machine brings the answer back: by a listener on 127.0.0.1
where the provider redirects there, by a code that you enter on any device, or by paste. Where the provider
redirects to the auth service itself, this command waits until it is done.
${examples('muxgate login anthropic-max', 'muxgate login acme-idp --credential alice --no-browser', 'pbpaste | muxgate login acme-idp --paste --json')}`,
    )
    .action(
      action<LoginOptions>(parts, async (invocation, options, name) => {
        const token = await login(invocation, options, name);
        invocation.out.say(`${invocation.out.aside('good', 'Connected.')} It is kept fresh from now on.\n`);
        invocation.out.fields(token, tokenFields(token, invocation.out));
      }),
    );
}
