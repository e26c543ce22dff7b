/** Embedded servers for one test, as `barkeep up` starts them: in a new data folder, by this process or by another one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pingPostgres, pingRedis, type Services, type StartOptions, startServices } from '@barkeep/local-system';
import type { ServiceUrls } from '@barkeep/service';
import { Redis } from 'ioredis';
import { queryDatabase } from '../setup/database.js';
import { pingServices } from '../setup/global-setup.js';
import { untilTrue } from '../setup/until-true.js';

const ROOT = join(__dirname, '../../..');
/** The environment without URLs of servers, so that each test starts servers even if the test run uses existing ones. */
const { REDIS_URL: _1, SESSION_REDIS_URL: _2, DATABASE_URL: _3, ...env } = process.env;

export class EmbeddedServers {
  /**
   * A new folder. Only its owner can enter it. When root runs the tests, PostgreSQL runs under another account, and so keeps its data in
   * another folder.
   */
  readonly dataDir = mkdtempSync(join(tmpdir(), 'barkeep-embedded-'));
  /** What the services log. */
  readonly log: string[] = [];
  private readonly started: Services[] = [];

  /** Starts services in this process. They are stopped at the end of the test, even if it fails. */
  async start(options: Pick<StartOptions, 'keep'> & Partial<StartOptions>): Promise<Services> {
    const services = await startServices({
      dataDir: this.dataDir,
      env,
      log: (line) => this.log.push(line),
      ...options,
    });
    this.started.push(services);
    return services;
  }

  /** Another process that starts services in the folder, prints their URLs and stays. */
  async ownerProcess({ keep }: { keep: boolean }): Promise<{ child: ChildProcess; urls: ServiceUrls }> {
    const child = this.script(
      `.then((urls) => { console.log(JSON.stringify(urls)); setInterval(() => undefined, 1000); })`,
      keep,
    );
    for await (const line of createInterface({ input: child.stdout! })) return { child, urls: JSON.parse(line) };
    throw new Error('expected the owner process to print its URLs, was: nothing');
  }

  /** Runs a Node program that starts services in the folder. @param more the code after the start */
  script(more: string, keep: boolean): ChildProcess {
    const start = `require('@barkeep/local-system').startServices({ dataDir: ${JSON.stringify(this.dataDir)}, keep: ${keep} })`;
    return spawn(process.execPath, ['-e', `${start}${more}`], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  }

  /** The state file of the only instance in the folder: `place` is the folder of the PostgreSQL data. */
  state(): { place: string; servers: { pid: number }[] } {
    const [instance] = readdirSync(this.dataDir);
    return JSON.parse(readFileSync(join(this.dataDir, instance!, 'instance.json'), 'utf8'));
  }

  /** Kills both servers of the only instance, and waits until they are started again. */
  async killServers(services: Services): Promise<void> {
    for (const { pid } of this.state().servers) process.kill(pid, 'SIGKILL');
    await untilTrue(() => this.log.filter((line) => line.includes('starting it again')).length >= 2);
    await untilTrue(() =>
      pingServices(services).then(
        () => true,
        () => false,
      ),
    );
  }

  /** Stops what the test started, and removes the folder. */
  async close(): Promise<void> {
    await Promise.all(this.started.splice(0).map((services) => services.stop()));
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Kills an owner, whose servers outlive it. */
export async function killOwner(owner: ChildProcess): Promise<void> {
  owner.kill('SIGKILL');
  await once(owner, 'exit');
}

/** Checks that neither Redis nor PostgreSQL answers. */
export async function expectStopped({ redisUrl, databaseUrl }: ServiceUrls): Promise<void> {
  await expect(pingRedis(redisUrl)).rejects.toThrow('ECONNREFUSED');
  await expect(pingPostgres(databaseUrl)).rejects.toThrow('ECONNREFUSED');
}

/** Writes a table to PostgreSQL, and a key to the session Redis. The table is on disk at the end. */
export async function writeData({ databaseUrl, sessionRedisUrl }: ServiceUrls): Promise<void> {
  await queryDatabase(databaseUrl, 'CREATE TABLE written (x int)');
  await queryDatabase(databaseUrl, 'CHECKPOINT'); // the commit of temporary data does not wait for the disk
  const redis = new Redis(sessionRedisUrl);
  await redis.set('written', 'yes');
  redis.disconnect();
}

/** Whether the servers have what {@link writeData} wrote. */
export async function dataIn({ databaseUrl, sessionRedisUrl }: ServiceUrls): Promise<{ table: boolean; key: boolean }> {
  const [row] = await queryDatabase(databaseUrl, `SELECT to_regclass('written') IS NOT NULL AS found`);
  const redis = new Redis(sessionRedisUrl);
  const key = await redis.get('written');
  redis.disconnect();
  return { table: row!['found'] === true, key: key === 'yes' };
}
