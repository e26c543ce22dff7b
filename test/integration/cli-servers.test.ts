/** Commands that need servers, in an empty folder: what they start, and how they fail. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { CommandFolder } from '../support/programs/command-folder.js';

/** The first line of a CSV file of bars. */
const BARS_HEADER = 'time,open,high,low,close,volume\n';
const project = new CommandFolder();

/** Lets a server listen on a free port. @returns its address */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a command that needs servers', () => {
  it.each([
    ['status'],
    ['datasets'],
    ['bars', 'x', 'SPY'],
    ['gaps', 'x'],
    ['metrics', 'x'],
    ['dataset', 'show', 'x'],
    ['export', 'x'],
  ])(
    'fails in a folder without data when it only reads, starts and writes nothing, and prints where it looked: %s',
    async (...args) => {
      const { code, stdout, stderr } = await project.barkeep(args);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/looked at .* and for "barkeep up" or its data in .*; "barkeep up" starts one/);
      expect(await project.names()).toEqual(['package.json']);
    },
  );

  it('names the address of a coordinator that does not answer', async () => {
    const silent = createServer(() => undefined); // accepts connections and never answers
    const url = await listen(silent);
    const { code, stderr } = await project.barkeep(['status', '--json'], { BARKEEP_URL: url });
    silent.close();
    expect(code).toBe(1);
    const { error } = JSON.parse(stderr) as { error: { message: string; exitCode: number } };
    expect(error).toMatchObject({
      exitCode: 1,
      message: `expected a coordinator at ${url}, was: no answer within 2 s`,
    });
  });

  it('names the address of a session Redis that does not answer', async () => {
    const coordinator = createHttpServer((_, answer) => answer.end('{}'));
    const url = await listen(coordinator);
    // Nothing listens on port 1.
    const env = { BARKEEP_URL: url, SESSION_REDIS_URL: 'redis://:secret@127.0.0.1:1/0' };
    const { code, stderr } = await project.barkeep(['events', 'march'], env);
    coordinator.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected Redis at 127\.0\.0\.1:1 \(SESSION_REDIS_URL\), was: .*ECONNREFUSED/);
  });

  it('is refused when it stores bars and BARKEEP_URL names a system whose database is not known', async () => {
    await project.write('bars.csv', `${BARS_HEADER}2024-03-04T14:30:00Z,1,1,1,1,1\n`);
    const env = { BARKEEP_URL: 'http://127.0.0.1:3000' };
    const { code, stderr } = await project.barkeep(['import', 'bars.csv', '--dataset', 'd', '--symbol', 'A'], env);
    expect(code).toBe(1);
    expect(stderr).toContain('expected DATABASE_URL, the database of the coordinator at http://127.0.0.1:3000');
    expect(await project.names()).not.toContain('.barkeep');
  });

  it('names the server that it cannot reach and the variable with its address, without the password', async () => {
    const { code, stderr } = await project.barkeep(['datasets'], { DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/x' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected PostgreSQL at 127\.0\.0\.1:1 \(DATABASE_URL\), was: .*ECONNREFUSED/);
    expect(stderr).not.toContain('secret');
  });

  it.each([
    [['status'], 'http://me:secret@127.0.0.1:3000'],
    [['doctor'], 'http://me:secret@127.0.0.1:3000'],
    [['status'], 'http://127.0.0.1:3000/#/sessions'],
    [['doctor'], 'http://127.0.0.1:3000/#/sessions'],
    // The option has precedence over the variable.
    [['status', '--coordinator', 'me:not/secret@127.0.0.1:3000'], 'http://127.0.0.1:3000'],
    [['status', '--coordinator', 'me:not/secret@127.0.0.1:3000'], 'http://me:secret@127.0.0.1:3000'],
    [['status', '--coordinator', 'me:not/secret@127.0.0.1:3000'], 'http://127.0.0.1:3000/#/sessions'],
  ])('refuses an address with more than a host and a port, and shows no password: %j at %s', async (args, url) => {
    const { code, stdout, stderr } = await project.barkeep(args, { BARKEEP_URL: url });
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("expected the coordinator's address");
    expect(stdout + stderr).not.toContain('secret');
  });
});
