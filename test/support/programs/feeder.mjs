/**
 * A feeder as a user would write it: posts a file of NDJSON bars for a symbol of a session, ends the symbol, and prints
 * the coordinator's answer to the bars as JSON. Arguments: the coordinator's URL, the session, the symbol, the file, and the number
 * of lines after which it prints `held` and waits forever (0: never).
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';

const [, , url, session, symbol, file, holdAfter = '0'] = process.argv;
const path = `${url}/v1/sessions/${session}/symbols/${symbol}`;
/** Never resolves. The timer keeps the process alive. */
const never = new Promise(() => setInterval(() => undefined, 1_000));

async function* lines() {
  let sent = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    yield `${line}\n`;
    if (++sent === Number(holdAfter)) {
      process.stdout.write('held\n');
      await never;
    }
  }
}

async function post(resource, body, headers) {
  // `half`: fetch requires it for a body that is a stream.
  const answer = await fetch(`${path}/${resource}`, { method: 'POST', headers, body, duplex: 'half' });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${resource}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

const fed = await post('bars', Readable.from(lines()), { 'content-type': 'application/x-ndjson' });
await post('end');
process.stdout.write(`${JSON.stringify(fed)}\n`);
process.exit(0);
