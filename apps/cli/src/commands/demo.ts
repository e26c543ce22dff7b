/** `barkeep demo`: Barkeep at work on a market of its own, in a few seconds. */
import { Command } from 'commander';
import { EXIT, note, type OutputOptions, printResult } from '../terminal/index.js';
import { demoJson, demoText, importDemoData, importText, runDemo } from '../demo/index.js';
import type { RunCommand } from './run-command.js';

interface DemoOptions extends OutputOptions {
  keep?: boolean;
  dataOnly?: boolean;
}

const EXAMPLES = `
Examples:
  barkeep demo
  barkeep demo --keep
  barkeep demo --data-only

10 symbols, 5 days. Dataset "reference" has all of it but 3 minutes that exist nowhere; dataset "stream" lost 2 % of the
minutes, 40 minutes of one symbol, and has a few corrupt rows. One session streams the one and repairs it from the other.`;

export function demoCommand(run: RunCommand): Command {
  return new Command('demo')
    .description('see it work: servers, a faulty feed, a session, and what was repaired')
    .option('--keep', 'leave it running for a look, until Ctrl-C')
    .option('--data-only', 'only import its two datasets, to be used by sessions of your own')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action((options: DemoOptions) =>
      run(async (context) => {
        if (options.dataOnly) {
          const imports = await importDemoData(context);
          printResult(options, imports, () => importText(imports));
          return EXIT.ok;
        }
        const result = await runDemo(context, options.json === true);
        printResult(options, demoJson(result), () => demoText(result));
        const { coordinatorUrl: url } = result;
        const stays = options.keep ? 'are' : 'were';
        note(
          `the API docs ${stays} at ${url}/docs, the queue dashboard at ${url}/queues${options.keep ? '; Ctrl-C ends it' : ''}`,
        );
        if (options.keep) await context.life.interrupted();
        return EXIT.ok;
      }),
    );
}
