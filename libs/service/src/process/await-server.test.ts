import pino from 'pino';
import { awaitServer, WrongServerError } from './await-server.js';

const SERVER = { name: 'PostgreSQL', setting: 'DATABASE_URL', address: 'db:5432' };
const logger = pino({ level: 'silent' });

/** Tries once with an error of this code, and succeeds after that. */
function afterOne(code: string): Promise<string> {
  let tries = 0;
  const attempt = () =>
    tries++ === 0 ? Promise.reject(Object.assign(new Error('the text'), { code })) : Promise.resolve('connected');
  return awaitServer(SERVER, attempt, logger);
}

// A wrong password, an unknown database, an internal error, and an error that a function raised.
test.each(['28P01', '3D000', 'XX000', 'P0001'])('an answer with SQLSTATE %s ends the wait', async (code) => {
  await expect(afterOne(code)).rejects.toThrow(WrongServerError);
});

test('wrong TLS ends the wait, and the error says what helps', async () => {
  await expect(afterOne('SELF_SIGNED_CERT_IN_CHAIN')).rejects.toThrow(
    'expected PostgreSQL at db:5432 (DATABASE_URL), which answered: a certificate that is not trusted (the text); NODE_EXTRA_CA_CERTS',
  );
});

// The first two are SQLSTATEs: the server is starting up, and it has too many connections.
test.each(['57P03', '53300', 'ECONNREFUSED', 'EPIPE'])('%s is temporary: the next attempt succeeds', async (code) => {
  expect(await afterOne(code)).toBe('connected');
});
