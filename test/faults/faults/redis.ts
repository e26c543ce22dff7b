/**
 * Faults of the two Redis servers. Only `empty`, `cut-tail` and `set-back` lose data: a killed server keeps what it has written.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServer } from '../lab/redis-server.js';
import { anyKind, type Fault, type Scene } from './fault.js';

const CUT_MIN_BYTES = 2_000;
const CUT_MAX_BYTES = 400_000;
/** How often `kill-clients` closes all connections, and how long it pauses after each time. */
const KILLS = 5;
const KILL_PAUSE_MS = 100;

/** A fault of one server. {@link redisFaults} has it once for each. */
interface ServerFault {
  name: string;
  /** True when the server's data goes back in time. */
  setsBack?: boolean;
  /** True when the campaign injects the fault only if `--only` names it. */
  isByName?: boolean;
  run: (server: RedisServer, scene: Scene) => Promise<void>;
}

const faults: readonly ServerFault[] = [
  {
    name: 'kill',
    async run(server, { forMs }) {
      await server.kill();
      await delay(forMs);
      await server.start();
    },
  },
  {
    name: 'restart',
    async run(server) {
      await server.shutdown();
      await server.start();
    },
  },
  { name: 'empty', setsBack: true, run: (server) => server.empty() },
  {
    name: 'cut-tail',
    setsBack: true,
    async run(server, { pick, forMs }) {
      await server.kill();
      server.cutTail(Math.round(CUT_MIN_BYTES + pick * (CUT_MAX_BYTES - CUT_MIN_BYTES)));
      await delay(forMs / 4);
      await server.start();
    },
  },
  {
    name: 'set-back',
    setsBack: true,
    async run(server, { forMs }) {
      const restore = await server.snapshot();
      await delay(forMs / 2);
      await restore();
    },
  },
  {
    name: 'full',
    async run(server, { forMs }) {
      await server.config('maxmemory', '1mb');
      await delay(forMs);
      await server.config('maxmemory', '0');
    },
  },
  // The server's process is blocked, so it does nothing at all.
  { name: 'sleep', run: (server, { forMs }) => server.sleep(forMs) },
  // The server works, but holds back every command of its clients.
  {
    name: 'pause',
    async run(server, { forMs }) {
      await server.control('CLIENT', 'PAUSE', Math.round(forMs), 'ALL');
      await delay(forMs);
    },
  },
  {
    name: 'read-only',
    async run(server, { forMs }) {
      // A replica is read-only. Nothing listens on port 1, so it gets no other data.
      await server.control('REPLICAOF', '127.0.0.1', 1);
      await delay(forMs);
      await server.control('REPLICAOF', 'NO', 'ONE');
    },
  },
  { name: 'forget-scripts', isByName: true, run: (server) => server.control('SCRIPT', 'FLUSH') },
  {
    name: 'kill-clients',
    isByName: true,
    async run(server) {
      for (let i = 0; i < KILLS; i++) {
        await killClients(server);
        await delay(KILL_PAUSE_MS);
      }
    },
  },
  {
    name: 'password',
    isByName: true,
    run: (server, { forMs }) => refuseNew(server, forMs, { setting: 'requirepass', value: 'secret', usual: '' }),
  },
  {
    name: 'max-clients',
    isByName: true,
    run: (server, { forMs }) => refuseNew(server, forMs, { setting: 'maxclients', value: '1', usual: '10000' }),
  },
];

/** Closes all connections except the lab's. */
async function killClients(server: RedisServer): Promise<void> {
  for (const type of ['normal', 'pubsub']) await server.control('CLIENT', 'KILL', 'TYPE', type);
}

/** A setting of Redis, a value with which the server refuses new connections, and the usual value. */
interface Refusal {
  setting: string;
  value: string;
  usual: string;
}

/** Refuses new connections for a while, and closes the existing ones. */
async function refuseNew(server: RedisServer, forMs: number, { setting, value, usual }: Refusal): Promise<void> {
  await server.config(setting, value);
  await killClients(server);
  await delay(forMs);
  await server.config(setting, usual);
}

export const redisFaults: readonly Fault[] = (['session', 'queue'] as const).flatMap((role) =>
  faults.map(({ name, setsBack, isByName, run }): Fault => ({
    name: `${role}-redis-${name}`,
    suits: anyKind,
    isByName,
    // The queue Redis holds jobs only, and no data of sessions.
    setsBack: setsBack === true && role === 'session',
    run: (scene) => run(scene.lab.redis[role], scene),
  })),
);
