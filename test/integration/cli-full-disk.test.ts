/** Commands and private servers on a full disk: the error says what to do, and nothing half done remains. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pingRedis, startServices } from '@barkeep/local-system';
import { CommandFolder } from '../support/programs/command-folder.js';
import { describeOrSkip } from '../support/setup/describe-or-skip.js';
import { untilTrue } from '../support/setup/until-true.js';

/** A disk of one megabyte. */
const disk = mkdtempSync(join(tmpdir(), 'barkeep-disk-'));
const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'tmpfs', disk]);
const isMounted = status === 0;
afterAll(() => {
  if (isMounted) spawnSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});

const project = new CommandFolder();

describeOrSkip('a full disk', isMounted ? undefined : 'this user cannot mount a small disk', () => {
  it('ends a command whose private servers need more space, and leaves no part of their data', async () => {
    await project.write('bars.csv', 'time,open,high,low,close,volume\n2024-03-04T14:30:00Z,1,1,1,1,1\n');
    const env = { BARKEEP_DATA_DIR: join(disk, 'data') };
    const args = ['import', 'bars.csv', '--dataset', 'd', '--symbol', 'ACME'];
    const { code, stderr } = await project.barkeep(args, env);
    expect(code).toBe(1);
    expect(stderr).toContain('No space left on device');
    expect(stderr).toMatch(/only \d MB are left on the disk of .*: free some space, or set BARKEEP_DATA_DIR/);
    expect(stderr).not.toMatch(/\n {4}at /); // no stack
    expect(await readdir(join(env.BARKEEP_DATA_DIR, 'up/kept'))).not.toContain('postgres');
  });

  it('leaves no file of a folder that init could not make', async () => {
    const { code, stderr } = await project.barkeep(['init', join(disk, 'mine')]);
    expect(code).toBe(1);
    expect(stderr).toContain('ENOSPC');
    expect(await readdir(join(disk, 'mine'))).toEqual([]);
  });

  it('has a killed server started again, and recorded in instance.json, when there is space; until then the log names the disk', async () => {
    const { PATH, HOME, DATABASE_URL } = process.env; // with a database only Redis is started, which needs less than the disk has
    const log: string[] = [];
    const dataDir = join(disk, 'servers');
    mkdirSync(dataDir, { mode: 0o700 }); // PostgreSQL's account cannot enter it: on the full disk are only Redis's data
    const env = { PATH, HOME, DATABASE_URL };
    const services = await startServices({ dataDir, keep: true, env, log: (line) => log.push(line) });
    const folder = join(dataDir, 'kept');
    const recordedPid = (): number => {
      const record: unknown = JSON.parse(readFileSync(join(folder, 'instance.json'), 'utf8'));
      return (record as { servers: [{ pid: number }] }).servers[0].pid;
    };
    const killed = recordedPid();
    const fill = join(disk, 'fill');
    try {
      expect(() => writeFileSync(fill, Buffer.alloc(1 << 20))).toThrow('ENOSPC');
      process.kill(killed, 'SIGKILL');
      await untilTrue(() => log.some((line) => /^redis \(\d+\) is stopped again: ENOSPC/.test(line)));
      expect(log).toContainEqual(
        expect.stringContaining(`; only 0 MB are left on the disk of ${folder}; starting it again`),
      );
      rmSync(fill);
      await untilTrue(() => recordedPid() !== killed);
      await untilTrue(() => pingRedis(services.redisUrl).then(() => true, () => false)); // prettier-ignore
      process.kill(recordedPid(), 0); // throws when there is no such process
      expect((await readdir(folder)).sort()).toEqual(['instance.json', 'postgres-data-is-in', 'redis']);
    } finally {
      await services.stop();
    }
  });
});
