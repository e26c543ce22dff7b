/**
 * A vendor's HTTP server with the bars of `reference`. Answers late, and fails now and then, as such servers do. The module
 * `programs/repositories.mjs` gives workers access to it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type HttpServer, serveHttp } from '../../support/system/http-server.js';
import { importedMarkets } from './datasets.js';

const ANSWER_AFTER_MAX_MS = 20;
const FAILURE_SHARE = 0.1;

export function serveVendor(): Promise<HttpServer> {
  const { reference: bars } = importedMarkets();
  return serveHttp((request, response) => {
    const query = new URL(request.url!, 'http://vendor').searchParams;
    const [start, end] = [Number(query.get('start')), Number(query.get('end'))];
    const answer = bars.get(query.get('symbol')!)!.filter(({ openTime }) => openTime >= start && openTime < end);
    const fate = Math.random();
    void delay(Math.random() * ANSWER_AFTER_MAX_MS).then(() => {
      if (fate < FAILURE_SHARE / 2) response.destroy();
      else response.writeHead(fate < FAILURE_SHARE ? 503 : 200).end(JSON.stringify(answer));
    });
  });
}
