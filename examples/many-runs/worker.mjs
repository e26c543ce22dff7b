/** One process: follows the session as one consumer and tests several parameter sets. Prints the results as JSON for run.mjs. */
import { connect } from '@barkeep/client';
import { SmaCross } from '../sma-cross/sma-cross.mjs';

// run.mjs passes this to the process as JSON (`inWorker`).
const { id, consumer, every, sets } = JSON.parse(process.argv[2]);
const strategies = sets.map((set) => new SmaCross({ ...set, interval: every }));

const barkeep = connect();
for await (const step of barkeep.session(id).follow({ consumer, every })) {
  for (const strategy of strategies) strategy.onStep(step);
}
await barkeep.close();

const results = strategies.map(({ fast, slow, trades, equity }) => ({ fast, slow, trades: trades.length, equity }));
process.stdout.write(JSON.stringify(results));
