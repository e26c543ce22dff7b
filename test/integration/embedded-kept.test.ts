/** Embedded servers whose data are kept, as `barkeep up` starts them: stops, crashes, and who owns the folder. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AlreadyRunningError, readRunning } from '@barkeep/local-system';
import { dataIn, EmbeddedServers, expectStopped, killOwner, writeData } from '../support/system/embedded-servers.js';

let embedded: EmbeddedServers;
beforeEach(() => (embedded = new EmbeddedServers()));
afterEach(() => embedded.close());

describe('a folder whose data are kept', () => {
  // PostgreSQL then keeps its data in the folder, also when root runs the test.
  beforeEach(() => chmodSync(embedded.dataDir, 0o755));

  test('has the data after a stop and after a crash of the owner', async () => {
    const first = await embedded.start({ keep: true });
    await writeData(first);
    await first.stop();

    const { child } = await embedded.ownerProcess({ keep: true });
    await killOwner(child);

    const last = await embedded.start({ keep: true });
    expect(await dataIn(last)).toEqual({ table: true, key: true });
    await last.stop();
    expect(existsSync(join(embedded.dataDir, 'kept', 'instance.json'))).toBe(false);
  });

  test('has its servers started again, with their data, after each of them was killed', async () => {
    const services = await embedded.start({ keep: true });
    await writeData(services);
    await embedded.killServers(services);
    expect(await dataIn(services)).toEqual({ table: true, key: true });
    await services.stop();
    await expectStopped(services);
  });

  test('admits one owner, whom other processes can find until it stops', async () => {
    const services = await embedded.start({ keep: true });
    services.publish({ coordinatorUrl: 'http://127.0.0.1:3000' });
    expect(readRunning(embedded.dataDir)).toMatchObject({
      pid: process.pid,
      databaseUrl: services.databaseUrl,
      extra: { coordinatorUrl: 'http://127.0.0.1:3000' },
    });
    await expect(embedded.start({ keep: true })).rejects.toThrow(AlreadyRunningError);
    await expect(embedded.start({ keep: true })).rejects.toMatchObject({ pid: process.pid });
    await services.stop();
    expect(readRunning(embedded.dataDir)).toBeUndefined();
  });

  test('is no longer written by initdb after the owner exited while initdb ran', async () => {
    const firstFileOfInitdb = join(embedded.dataDir, 'kept/postgres.new/PG_VERSION');
    const exitEarly = `setInterval(() => require('node:fs').existsSync(${JSON.stringify(firstFileOfInitdb)}) && process.exit(), 5)`;
    const owner = embedded.script(`; ${exitEarly}`, true);
    await once(owner, 'exit');
    await delay(100); // time for initdb to be killed; left alone it would run much longer
    const commands = execFileSync('ps', ['-A', '-ww', '-o', 'args'], { encoding: 'utf8' }).split('\n');
    expect(commands.filter((command) => command.includes(`--pgdata=${embedded.dataDir}`))).toEqual([]);
    await embedded.start({ keep: true });
  });

  test('has no owner any more after the owner was killed', async () => {
    const { child } = await embedded.ownerProcess({ keep: true });
    expect(readRunning(embedded.dataDir)).toMatchObject({ pid: child.pid });
    await killOwner(child);
    expect(readRunning(embedded.dataDir)).toBeUndefined();
    // This start stops the servers that the killed owner left.
    await (await embedded.start({ keep: true })).stop();
  });
});
