/**
 * `npm run bench`: runs the scenarios on private servers, prints one table, and after a full run writes it to bench/RESULTS.md and
 * bench/results.json. `npm run bench -- S1 S6` runs only these scenarios and writes no file. Each scenario is one file in bench/scenarios.
 *
 * BENCH_ROUNDS=7 runs more rounds, for a smaller spread. BENCH_NODE_ARGS="--cpu-prof --cpu-prof-dir=/tmp" profiles the coordinators,
 * BENCH_CONSUMER_ARGS the consumers of the scenario `lockstep`.
 */
import { Bench } from './harness/bench.mjs';
import { runScenario } from './harness/rounds.mjs';
import { consoleTable, writeResults } from './harness/results.mjs';
import { extras, scenarios } from './scenarios/index.mjs';

/** Rounds of each scenario. With 3 a full run ends within 20 minutes. */
const { BENCH_ROUNDS = '3' } = process.env;

async function main(names) {
  const chosen = choose(names);
  const rounds = Number(BENCH_ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`expected BENCH_ROUNDS to be a whole number of 1 or more, was "${BENCH_ROUNDS}"`);
  }
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
    if (names.length === 0) writeResults(results, machine);
  } finally {
    await bench.close();
  }
}

/** The named scenarios, in any case; without names those of a full run. @throws Error for an unknown name */
function choose(names) {
  const all = [...scenarios, ...extras];
  const known = new Map(all.map((scenario) => [scenario.id.toLowerCase(), scenario]));
  const unknown = names.filter((name) => !known.has(name.toLowerCase()));
  if (unknown.length > 0) {
    throw new Error(`expected scenarios of ${all.map(({ id }) => id).join(', ')}, was ${unknown.join(', ')}`);
  }
  return names.length === 0 ? scenarios : names.map((name) => known.get(name.toLowerCase()));
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`bench: ${error.stack ?? error}\n`);
  process.exitCode = 1;
});
