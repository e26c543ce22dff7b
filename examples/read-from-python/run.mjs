/** Makes a session out of the demonstration's data with Barkeep, then leaves Barkeep alone: Python reads it from Redis. */
import { findPython } from '@barkeep/local-system';

const SESSION = 'read-from-python';
/** A day with a minute that exists nowhere, and some that were lost and put back. */
const [SYMBOL, DATE] = ['BRAVO', '2024-03-05'];

export async function run(example) {
  const python = findPython(['redis', 'numpy'], example.env, example.note);
  await example.barkeep('demo', '--data-only');
  await example.barkeep('run', 'session.json');
  await example.exec(python.path, ['read_chunk.py', SESSION, SYMBOL, DATE], { env: python.env });
}
