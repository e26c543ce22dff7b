/** `barkeep doctor`. */
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { CommandFolder } from '../support/programs/command-folder.js';

const project = new CommandFolder();

describe('barkeep doctor', () => {
  /** Runs `barkeep doctor`. @returns its exit code and its checks */
  async function doctor(env: NodeJS.ProcessEnv) {
    const { code, stdout } = await project.barkeep(['doctor', '--json'], env);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
    return { code, checks };
  }

  it('reports a database that does not answer, and starts nothing', async () => {
    const { code, checks } = await doctor({ DATABASE_URL: 'postgres://127.0.0.1:1/x' });
    expect(code).toBe(1);
    expect(checks).toContainEqual(expect.objectContaining({ name: 'Node.js', ok: true }));
    expect(checks).toContainEqual(expect.objectContaining({ name: 'DATABASE_URL', ok: false }));
    expect(await project.names()).toEqual(['package.json']);
  });

  it('reports how to get Redis when none is on the PATH', async () => {
    const { checks } = await doctor({ PATH: project.path, XDG_CACHE_HOME: project.path, TMPDIR: project.path });
    const redis = checks.find(({ name }) => name === 'redis-server');
    // Where apt-get exists, Barkeep can fetch Redis itself.
    expect(redis?.detail).toMatch(redis?.ok ? /fetches it by apt-get/ : /expected redis-server or valkey-server/);
    expect(await project.names()).toEqual(['package.json']);
  });

  it('names a data folder that cannot be made, because a file is in its place', async () => {
    const { checks } = await doctor({ BARKEEP_DATA_DIR: join(project.path, 'package.json') });
    const detail = expect.stringMatching(/^expected a folder at .*package\.json, was a file$/);
    expect(checks).toContainEqual({ name: 'data folder', ok: false, detail });
  });

  it('names the file of a calendar of your own that is not valid', async () => {
    const dir = join(project.path, 'calendars');
    await mkdir(dir);
    await writeFile(join(dir, 'mine.json'), '{');
    const env = { BARKEEP_CALENDARS_DIR: dir };
    const detail = expect.stringContaining(`calendar file ${join(dir, 'mine.json')}: expected JSON`);
    expect((await doctor(env)).checks).toContainEqual({ name: 'BARKEEP_CALENDARS_DIR', ok: false, detail });
    await rm(join(dir, 'mine.json'));
    expect((await doctor(env)).checks).toContainEqual(
      expect.objectContaining({ name: 'BARKEEP_CALENDARS_DIR', ok: true }),
    );
  });

  it('reports a PgBouncer without `ignore_startup_parameters = options`, through which Barkeep cannot connect', async () => {
    const { hostname, port, href } = new URL(process.env['DATABASE_URL']!);
    const refusal = 'SFATAL\0C08P01\0Munsupported startup parameter: options\0\0';
    /** An ErrorResponse of the protocol of PostgreSQL: its type, its length and its fields. */
    const answer = Buffer.concat([Buffer.from('E\0\0\0'), Buffer.from([4 + refusal.length]), Buffer.from(refusal)]);
    const bouncer = createServer((client) => {
      client.on('error', () => undefined);
      client.once('data', (startup) => {
        if (startup.includes('\0options\0')) return client.end(answer);
        const server = connect(Number(port) || 5432, hostname);
        server.on('error', () => undefined).write(startup);
        return client.pipe(server).pipe(client);
      });
    });
    bouncer.listen(0, '127.0.0.1');
    await once(bouncer, 'listening');
    const url = new URL(href);
    url.host = `127.0.0.1:${(bouncer.address() as AddressInfo).port}`;
    const { code, checks } = await doctor({ DATABASE_URL: url.href });
    bouncer.close();
    expect(code).toBe(1);
    const detail = expect.stringMatching(
      /^expected PostgreSQL to accept .*, was: unsupported startup parameter: options$/,
    );
    expect(checks).toContainEqual({ name: 'DATABASE_URL', ok: false, detail });
  });

  it('names the versions of servers that answer, in colours unless NO_COLOR is set', async () => {
    const { REDIS_URL, SESSION_REDIS_URL, DATABASE_URL } = process.env;
    const servers = { REDIS_URL, SESSION_REDIS_URL, DATABASE_URL };
    const { code, stdout } = await project.barkeep(['doctor'], { ...servers, FORCE_COLOR: '1' });
    expect(code).toBe(0);
    expect(stdout).toContain('\u001B[32mok');
    expect(stdout).toMatch(/DATABASE_URL +PostgreSQL \d+\.\d+( \(.*\))? at postgres/);
    expect(stdout).toMatch(/SESSION_REDIS_URL +(Redis|Valkey) \d+\.\d+\.\d+ at redis/);
    const plain = await project.barkeep(['doctor'], { ...servers, NO_COLOR: '1' });
    expect(plain.stdout).not.toContain('\u001B');
  });
});
