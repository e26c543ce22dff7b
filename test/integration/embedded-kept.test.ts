/** Embedded servers whose data are kept, as `barkeep up` starts them: stops, crashes, and who owns the folder. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AlreadyRunningError, readRunning } from '@barkeep/local-system';
import { untilTrue } from '../support/setup/until-true.js';
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

  /** The ids of the processes of initdb that fill a folder in the data folder. */
  const initdbs = (): number[] => {
    const processes = execFileSync('ps', ['-A', '-ww', '-o', 'pid,args'], { encoding: 'utf8' }).split('\n');
    return processes.filter((line) => line.includes(`--pgdata=${embedded.dataDir}`)).map((line) => parseInt(line, 10));
  };

  test('is no longer written by initdb after the owner exited while initdb ran', async () => {
    const kept = JSON.stringify(join(embedded.dataDir, 'kept'));
    // PG_VERSION is the first file that initdb writes.
    const exitEarly = `const { existsSync, readdirSync } = require('node:fs');
      const hasBegun = () => existsSync(${kept}) && readdirSync(${kept}, { recursive: true }).some((path) => path.endsWith('PG_VERSION'));
      setInterval(() => hasBegun() && process.exit(), 5);`;
    const owner = embedded.script(`; ${exitEarly}`, true);
    await once(owner, 'exit');
    await delay(100); // time for initdb to be killed; left alone it would run much longer
    expect(initdbs()).toEqual([]);
    await embedded.start({ keep: true });
  });

  test('is not touched by the initdb of a killed owner, which continues after the next start', async () => {
    const owner = embedded.script('', true);
    await untilTrue(() => initdbs().length > 0);
    const [left] = initdbs() as [number];
    process.kill(left, 'SIGSTOP');
    await killOwner(owner);
    const starting = embedded.start({ keep: true });
    await untilTrue(() => initdbs().length === 2);
    process.kill(left, 'SIGCONT'); // it fails, because its folder was removed, and empties that folder
    await (await starting).stop();
    await untilTrue(() => initdbs().length === 0);
    await (await embedded.start({ keep: true })).stop();
    expect(readdirSync(join(embedded.dataDir, 'kept')).filter((name) => name.includes('.new'))).toEqual([]);
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
