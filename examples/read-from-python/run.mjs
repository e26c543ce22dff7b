/** Runs a session on the data of `npm run demo`. Then a Python script reads the session from Redis, without Barkeep's code. */
import { findPython } from './find-python.cjs';

/** The id in session.json. */
const SESSION = 'read-from-python';
/** A day with a minute that no dataset has, and with some minutes that were lost and repaired. */
const [SYMBOL, DATE] = ['BRAVO', '2024-03-05'];

/** @param example runs programs and the `barkeep` command (scripts/example.mjs) */
export async function run(example) {
  const python = findPython(['redis', 'numpy'], example.env, example.note);
  await example.barkeep('demo', '--data-only'); // imports the datasets `stream` and `reference`
  await example.barkeep('run', 'session.json');
  await example.exec(python.path, ['read_chunk.py', SESSION, SYMBOL, DATE], { env: python.env });
}
