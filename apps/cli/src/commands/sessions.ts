/** `barkeep status | digest | rm | pause | resume | stop`: commands on one session. */
import type { LifecycleCall } from '@barkeep/client';
import { Command } from 'commander';
import { formatCount, EXIT, printResult } from '../terminal/index.js';
import { sessionsTable, sessionText } from '../report/index.js';
import { watchStatus } from './watch-status.js';
import { type SessionOptions, withConnectionOptions } from './connection.js';
import type { RunCommand } from './run-command.js';

interface StatusOptions extends SessionOptions {
  watch?: boolean;
}

export function statusCommand(run: RunCommand): Command {
  return withConnectionOptions(new Command('status'))
    .description('show a session, or all of them')
    .argument('[session]')
    .option('--watch', 'print it again when it changes, until the session ends or Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  barkeep status\n  barkeep status my-session --watch\n\nShows what a session waits for, since when, and what would help.',
    )
    .action((id: string | undefined, options: StatusOptions) =>
      run(async (context) => {
        const client = await context.existingCoordinator(options);
        if (options.watch) return watchStatus(client, id, options, context.life.signal);
        if (id === undefined) {
          const sessions = await client.sessions();
          printResult(options, { sessions: sessions.map(({ raw }) => raw) }, () => sessionsTable(sessions));
        } else {
          const session = await client.session(id);
          printResult(options, session.raw, () => sessionText(session));
        }
        return EXIT.ok;
      }),
    );
}

export function digestCommand(run: RunCommand): Command {
  return withConnectionOptions(new Command('digest'))
    .description('print the SHA-256 of everything that a session stored')
    .argument('<session>')
    .addHelpText(
      'after',
      '\nExample:\n  barkeep digest my-session\n\nTwo runs of the same spec on the same datasets have the same digest.',
    )
    .action((id: string, options: SessionOptions) =>
      run(async (context) => {
        const digest = await (await context.existingCoordinator(options)).digest(id);
        printResult(
          options,
          digest.raw,
          () => `${digest.digest}  ${formatCount(digest.bars)} bars, ${formatCount(digest.chunks)} chunks`,
        );
        return EXIT.ok;
      }),
    );
}

export function removeCommand(run: RunCommand): Command {
  return withConnectionOptions(new Command('rm'))
    .description('stop a session and remove all its data')
    .argument('<session>')
    .addHelpText('after', '\nExample:\n  barkeep rm my-session\n\nDatasets stay; see "barkeep dataset rm".')
    .action((id: string, options: SessionOptions) =>
      run(async (context) => {
        await (await context.existingCoordinator(options)).remove(id);
        printResult(options, { id, removed: true }, () => `session ${id} removed`);
        return EXIT.ok;
      }),
    );
}

export const lifecycleCommands = [
  lifecycleCommand('pause', 'pause a running session; "resume" continues it'),
  lifecycleCommand('resume', 'continue a paused session'),
  lifecycleCommand('stop', 'stop a session; its stored bars stay'),
];

function lifecycleCommand(call: LifecycleCall, description: string): (run: RunCommand) => Command {
  return (run) =>
    withConnectionOptions(new Command(call))
      .description(description)
      .argument('<session>')
      .addHelpText('after', `\nExample:\n  barkeep ${call} my-session`)
      .action((id: string, options: SessionOptions) =>
        run(async (context) => {
          const client = await context.existingCoordinator(options);
          await client.lifecycle(id, call);
          const session = await client.session(id);
          printResult(options, session.raw, () => sessionText(session));
          return EXIT.ok;
        }),
      );
}
