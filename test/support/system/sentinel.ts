/** A session Redis with a replica and a Sentinel, which makes the replica the master when the master dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRedis, freePort } from '@barkeep/local-system';
import { Redis } from 'ioredis';
import { endWithUs } from '../../faults/lab/end-with-us.js';
import { RedisServer } from '../../faults/lab/redis-server.js';
import { tcpGate, type TcpGate } from './tcp-gate.js';
import { untilTrue } from '../setup/until-true.js';

const NAME = 'sessions';

export class SentinelServers {
  private constructor(
    private readonly master: RedisServer,
    private readonly replica: RedisServer,
    private readonly sentinel: ChildProcess,
    private readonly sentinelPort: number,
    /** Leads to the current master: the address for coordinators and workers. */
    readonly gate: TcpGate,
  ) {}

  /** Starts all three, and waits until the replica has the data of the master. @param folder of their files */
  static async start(folder: string): Promise<SentinelServers> {
    const master = await RedisServer.start(join(folder, 'master'));
    const { port } = new URL(master.url);
    const replica = await RedisServer.start(join(folder, 'replica'), [`replicaof 127.0.0.1 ${port}`]);
    const sentinelPort = await freePort();
    const sentinel = startSentinel(join(folder, 'sentinel'), sentinelPort, port);
    const servers = new SentinelServers(
      master,
      replica,
      sentinel,
      sentinelPort,
      await tcpGate(master.url, Number(port)),
    );
    await untilTrue(async () => (await replica.client.info('replication')).includes('master_link_status:up'));
    return servers;
  }

  /** A connection that asks the Sentinel for the master. */
  connection(): Redis {
    const sentinels = [{ host: '127.0.0.1', port: this.sentinelPort }];
    return new Redis({ sentinels, name: NAME }).on('error', () => undefined);
  }

  /** Kills the master, and waits until the replica is the master and the gate leads to it. */
  async failOver(): Promise<void> {
    await this.master.kill();
    const sentinel = new Redis(this.sentinelPort);
    await sentinel.call('SENTINEL', 'SET', NAME, 'down-after-milliseconds', '1000');
    sentinel.disconnect();
    await untilTrue(async () => (await this.replica.client.info('replication')).includes('role:master'));
    this.gate.retarget(this.replica.url);
    await this.gate.cut('closed');
  }

  async close(): Promise<void> {
    this.sentinel.kill('SIGKILL');
    await Promise.all([this.gate.shut(), this.master.close(), this.replica.close()]);
  }
}

/**
 * Starts a Sentinel that declares the master dead after a minute without an answer: on a busy machine a living master may be silent for
 * seconds. `failOver` shortens the minute.
 */
function startSentinel(folder: string, port: number, masterPort: string): ChildProcess {
  mkdirSync(folder, { recursive: true });
  const settings = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${folder}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${NAME} 60000`,
    `sentinel failover-timeout ${NAME} 5000`,
  ];
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, `${settings.join('\n')}\n`);
  const { path, env } = findRedis(process.env, () => undefined);
  const child = spawn(path, [file, '--sentinel'], { env, stdio: 'ignore' });
  endWithUs(child);
  return child;
}
