import express from 'express';
import { once } from 'node:events';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpServer, serveHttp } from '../../../../test/support/system/http-server.js';
import type { FedRecord } from '../lifecycle/index.js';
import { problemOf } from '../problems.js';
import { BLANK_LINES_MAX } from './body-lines.js';
import { NDJSON, readFedBody } from './fed-body.js';

/** The rest of a line must arrive within this time. */
const LINE_WITHIN_MS = 1_000;
const LINE = JSON.stringify({ openTime: '2024-03-04T14:30:00Z', open: 1, high: 1, low: 1, close: 1, volume: 1 });

let served: HttpServer;
let storedRecords: FedRecord[];
/** Stores a batch; a test may replace it. */
let store: (batch: readonly FedRecord[]) => Promise<void>;

beforeEach(async () => {
  storedRecords = [];
  store = async (batch) => void storedRecords.push(...batch);
  const app = express();
  app.post('/', (request, response) => {
    const refuse = (error: unknown) => {
      const problem = problemOf(error);
      response.status(problem.status).json(problem);
    };
    readFedBody(request, undefined, (batch) => store(batch), LINE_WITHIN_MS)
      .then(() => response.json({ records: storedRecords.length }))
      .catch(refuse);
  });
  served = await serveHttp(app);
});
afterEach(async () => {
  served.server.closeAllConnections();
  await served.close();
});

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** Starts a request with a body of NDJSON. @returns the request, into which the test writes its body, and the answer */
function send(): { body: ClientRequest; answer: Promise<Answer> } {
  const body = httpRequest(served.url, { method: 'POST', headers: { 'content-type': NDJSON } });
  // The service may close the connection while the body is still sent.
  body.on('error', () => undefined);
  const answer = (async () => {
    const [response] = (await once(body, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    return { status: response.statusCode ?? 0, headers: response.headers, text };
  })();
  return { body, answer };
}

it('refuses a body of newlines after a bounded number of them', async () => {
  const { body, answer } = send();
  const newlines = Buffer.alloc(1_000_000, '\n');
  Readable.from(Array.from({ length: 100 }, () => newlines)).pipe(body); // far more than BLANK_LINES_MAX
  const { status, text } = await answer;
  expect(status).toBe(413);
  expect(text).toContain(`at most ${BLANK_LINES_MAX} blank lines`);
  expect(storedRecords).toEqual([]);
});

it('skips blank lines between bars, and counts them in the line numbers', async () => {
  const { body, answer } = send();
  // Lines 1 and 2 are blank, line 3 is a bar, lines 4 to 1,004 are blank, line 1,005 is no JSON.
  body.end(`\n\r\n${LINE}\r\n${'\n'.repeat(1_000)}  \n{`);
  expect((await answer).status).toBe(200);
  expect(storedRecords).toMatchObject([
    { index: 0, line: 3 },
    { index: 1, line: 1_005, malformed: 'line: expected JSON', raw: '{' },
  ]);
});

it('gives up on a line that does not end in time, and closes the connection', async () => {
  const { body, answer } = send();
  body.write(`${LINE}\n${LINE.slice(0, 20)}`);
  const trickle = setInterval(() => body.write(' '), LINE_WITHIN_MS / 10); // further bytes do not extend the time
  const { status, headers, text } = await answer;
  clearInterval(trickle);
  expect(status).toBe(400);
  expect(headers.connection).toBe('close');
  expect(text).toContain('expected the rest of a line within');
  expect(storedRecords).toHaveLength(1);
});

it('waits as long as the sender likes between two lines, and while the store is slow', async () => {
  store = async (batch) => {
    const isFirst = storedRecords.length === 0;
    storedRecords.push(...batch);
    if (isFirst) await sleep(2 * LINE_WITHIN_MS);
  };
  const { body, answer } = send();
  // More bytes than fit into the buffers between the socket and the store, cut within a line.
  const text = `${LINE}\n`.repeat(20_000);
  body.write(text.slice(0, -10));
  body.write(text.slice(-10));
  await sleep(3 * LINE_WITHIN_MS);
  body.end(`${LINE}\n`);
  expect((await answer).text).toBe(JSON.stringify({ records: 20_001 }));
});
