/** `npm run demo`: makes the checkout ready, then runs `barkeep demo` with the given arguments, e.g. `npm run demo -- --keep`. */
import { createRequire } from 'node:module';
import { runPrepared } from './prepare.mjs';

const require = createRequire(import.meta.url);
void runPrepared('demo', () => {
  process.argv.splice(2, 0, 'demo'); // the command is before the given arguments
  require('../apps/cli/bin/barkeep.js');
});
