/** What the commands of `barkeep` have in common. */
import { lowDiskText } from '@barkeep/local-system';
import { Command, Option } from 'commander';
import { type ConnectionOptions, Context } from '../services/index.js';
import { EXIT, note, type OutputOptions, withLifetime, wrapped } from '../terminal/index.js';

/** A command that throws instead of ending the process. With --json it prints no errors: main.ts prints them. */
export class CliCommand extends Command {
  /** @param help text after the options, with an example */
  constructor(name: string, description: string, help = '') {
    super(name);
    this.description(description)
      .addHelpText('after', help)
      .exitOverride()
      .showHelpAfterError('(add --help to see the usage)')
      .configureOutput({
        writeOut: (text) => process.stdout.write(wrapped(text)),
        writeErr: (text) => {
          if (!process.argv.includes('--json')) process.stderr.write(text);
        },
      });
  }

  /** Adds an option that accepts these values only. @param preset the value without the option */
  choice(flags: string, description: string, values: readonly string[], preset?: string): this {
    return this.addOption(new Option(flags, description).choices(values).default(preset));
  }

  /** Adds `--hours regular|extended`, which chooses the segments of a calendar's days. */
  hours(description = ''): this {
    return this.choice('--hours <hours>', description, ['regular', 'extended'], 'regular');
  }

  /**
   * Sets what the command does. `run` gets the context, the command's arguments in order, its options, and the command, and returns the
   * exit code (0 when it returns nothing). Each command declares the types of its own arguments; `never[]` here accepts any of them.
   */
  work(run: (context: Context, ...given: never[]) => Promise<number | void>): this {
    return this.action(async (...given: unknown[]) => {
      const code = await withLifetime(async (life) => {
        const context = new Context(life);
        return run(context, ...(given as never[])).catch((error: unknown) => {
          noteLowDisk(context.dataDir); // before the lifetime ends, which removes temporary data
          throw error;
        });
      });
      process.exitCode = typeof code === 'number' ? code : EXIT.ok;
    });
  }
}

/** After a failure, which may come from it: says that the disk of the private servers is almost full, and what helps. */
function noteLowDisk(dataDir: string): void {
  const lowDisk = lowDiskText(dataDir);
  if (lowDisk !== undefined)
    note(`${lowDisk}: free some space, or set BARKEEP_DATA_DIR to a folder on another disk for private servers`);
}

export type SessionOptions = ConnectionOptions & OutputOptions;

/** A command that calls a coordinator. */
export function coordinatorCommand(name: string, description: string, help: string): CliCommand {
  return new CliCommand(name, description, help)
    .option('--coordinator <url>', 'address of the coordinator (or BARKEEP_URL)')
    .option('--api-key <key>', 'its API key (or BARKEEP_ADMIN_KEY, or BARKEEP_API_KEY)')
    .option('--json', 'print JSON');
}

/** A command on one session. */
export function sessionCommand(name: string, description: string, help: string, argument = ''): CliCommand {
  return coordinatorCommand(name, description, help).argument('<session>', argument);
}
