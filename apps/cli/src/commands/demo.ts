/** `barkeep demo`: runs one session on a generated market, in a few seconds. */
import { note, type OutputOptions, printResult } from '../terminal/index.js';
import { demoJson, demoText, importDemoData, importText, runDemo } from '../demo/index.js';
import { CliCommand } from './command.js';

const EXAMPLES = `
Examples:
  barkeep demo
  barkeep demo --keep
  barkeep demo --data-only

10 symbols, 5 days. Three minutes are in neither dataset; "reference" has all others. Of these, "stream" lacks 2 % and
40 minutes of one symbol, and a few of its rows are corrupt. One session streams "stream" and repairs it from
"reference".`;

export const demoCommand = () =>
  new CliCommand('demo', 'run a session on a faulty feed and show the repairs', EXAMPLES)
    .option('--keep', 'leave the demonstration running until Ctrl-C')
    .option('--data-only', 'only import the two datasets, for sessions of your own')
    .option('--json', 'print JSON')
    .work(async (context, options: OutputOptions & { keep?: boolean; dataOnly?: boolean }) => {
      if (options.dataOnly) {
        const imports = await importDemoData(context);
        return printResult(options, imports, () => importText(imports));
      }
      const result = await runDemo(context, options.json === true);
      printResult(options, demoJson(result), () => demoText(result));
      const { coordinatorUrl: url } = result;
      const [verb, hint] = options.keep ? ['is', '; Ctrl-C ends it'] : ['was', ''];
      note(`the console ${verb} at ${url}/sessions/demo, the API docs at ${url}/docs${hint}`);
      if (options.keep) await context.life.interrupted();
    });
