/**
 * `npm run bench`: runs the scenarios on private servers, prints one table, and after a full run writes it to bench/RESULTS.md and
 * bench/results.json. `npm run bench -- S1 S6` runs only these scenarios and writes no file. Each scenario is one file in bench/scenarios.
 *
 * BENCH_NODE_ARGS="--cpu-prof --cpu-prof-dir=/tmp" profiles the coordinators, BENCH_CONSUMER_ARGS the consumers of the scenario
 * `lockstep`.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { Bench } from './harness/bench.mjs';
import { runScenario } from './harness/rounds.mjs';
import { consoleTable, writeResults } from './harness/results.mjs';
import { extras, scenarios } from './scenarios/index.mjs';

const all = [...scenarios, ...extras];
const ids = all.map(({ id }) => id).join(', ');
/** With these a full run ends within 20 minutes. */
const DEFAULT_ROUNDS = 3;

const command = new Command('npm run bench --')
  .description(
    'Runs scenarios on private servers. Without names it runs those of a full run, and writes bench/RESULTS.md.',
  )
  .argument('[scenarios...]', `any of ${ids}`, readScenario)
  .addOption(
    new Option('--rounds <n>', 'rounds of each scenario; more make the spread smaller')
      .env('BENCH_ROUNDS')
      .default(DEFAULT_ROUNDS)
      .argParser(readRounds),
  )
  .action(run);

async function run(named, { rounds }) {
  const chosen = named ?? scenarios;
  const bench = new Bench((line) => process.stderr.write(`${line}\n`));
  let stopping; // another signal changes nothing: it would end this process before its servers
  const stop = () => (stopping ??= bench.close().finally(() => process.exit(130))); // 130: ended by SIGINT
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const results = [];
  try {
    await bench.open();
    for (const scenario of chosen) {
      results.push(await runScenario(scenario, bench, rounds));
      process.stdout.write(`\n${consoleTable(results.slice(-1))}\n`);
    }
    const machine = await bench.machine();
    if (chosen.length > 1) process.stdout.write(`\nAll scenarios:\n${consoleTable(results)}\n`);
    if (!named) writeResults(results, machine);
  } finally {
    await bench.close();
  }
}

/** Adds the scenario of a name, in any case, to those before it. */
function readScenario(name, before = []) {
  const scenario = all.find(({ id }) => id.toLowerCase() === name.toLowerCase());
  if (!scenario) throw new InvalidArgumentError(`expected scenarios of ${ids}`);
  return [...before, scenario];
}

function readRounds(text) {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new InvalidArgumentError('expected a whole number of 1 or more');
  return rounds;
}

command.parseAsync().catch((error) => {
  process.stderr.write(`bench: ${error.stack ?? error}\n`);
  process.exitCode = 1;
});
