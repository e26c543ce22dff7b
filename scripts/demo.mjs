/** `npm run demo`: makes the checkout ready, then runs `barkeep demo` with the given arguments, e.g. `npm run demo -- --keep`. */
import { createRequire } from 'node:module';
import { prepare } from './prepare.mjs';

const require = createRequire(import.meta.url);
try {
  await prepare();
  process.argv.splice(2, 0, 'demo');
  require('../apps/cli/bin/barkeep.js');
} catch (error) {
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = 1;
}
