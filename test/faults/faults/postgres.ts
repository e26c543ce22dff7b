/**
 * Faults of PostgreSQL: a crash, a pause, terminated backends, cancelled statements, a full disk, read-only transactions,
 * a locked table, a missing database, and a restored backup.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { anyKind, type Fault } from './fault.js';

const TERMINATIONS = 5;
const TERMINATION_PAUSE_MS = 100;
const CANCELLATIONS = 20;
const CANCELLATION_PAUSE_MS = 50;
/** A locked table stays so for this many times `forMs`. */
const LOCK_TIMES = 5;

export const postgresFaults: readonly Fault[] = [
  {
    name: 'postgres-crash',
    suits: anyKind,
    async run({ lab, forMs }) {
      await lab.postgres.crash();
      await delay(forMs / 4);
      await lab.postgres.start();
    },
  },
  {
    name: 'postgres-pause',
    suits: anyKind,
    async run({ lab, forMs }) {
      const thaw = lab.postgres.freeze();
      await delay(forMs);
      thaw();
    },
  },
  {
    name: 'postgres-terminate',
    suits: anyKind,
    async run({ lab }) {
      for (let i = 0; i < TERMINATIONS; i++) {
        await lab.postgres.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
        await delay(TERMINATION_PAUSE_MS);
      }
    },
  },
  {
    name: 'postgres-disk-full',
    suits: anyKind,
    async run({ lab, forMs }) {
      if (!lab.postgres.hasDisk) return; // nothing can be mounted on this machine
      const free = lab.postgres.fillDisk();
      await delay(forMs);
      free();
    },
  },
  {
    name: 'postgres-read-only',
    suits: anyKind,
    async run({ lab, forMs }) {
      await lab.postgres.query(`ALTER SYSTEM SET default_transaction_read_only = on`, `SELECT pg_reload_conf()`);
      await delay(forMs);
      await lab.postgres.query(`ALTER SYSTEM RESET default_transaction_read_only`, `SELECT pg_reload_conf()`);
    },
  },
  {
    name: 'postgres-cancel',
    suits: anyKind,
    isByName: true,
    async run({ lab }) {
      for (let i = 0; i < CANCELLATIONS; i++) {
        await lab.postgres.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()`);
        await delay(CANCELLATION_PAUSE_MS);
      }
    },
  },
  {
    name: 'postgres-locked',
    suits: anyKind,
    isByName: true,
    async run({ lab, forMs }) {
      const seconds = (LOCK_TIMES * forMs) / 1000;
      await lab.postgres.query(`BEGIN; LOCK TABLE sessions; SELECT pg_sleep(${seconds}); COMMIT`);
    },
  },
  {
    name: 'postgres-set-back',
    suits: anyKind,
    isByName: true,
    async run({ lab, forMs }) {
      const restore = await lab.postgres.snapshot();
      await delay(forMs);
      await restore();
    },
  },
  {
    name: 'postgres-away',
    suits: anyKind,
    isByName: true,
    async run({ lab, forMs }) {
      await lab.postgres.rename('barkeep', 'away');
      await delay(forMs);
      await lab.postgres.rename('away', 'barkeep');
    },
  },
];
