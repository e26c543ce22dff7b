/**
 * A lock between processes: a folder with the id of the process that has it. A rename takes the lock, and a rename removes it, so that the
 * folder is never without the id: a rename of another process would replace an empty folder.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait for another process. */
const LIMIT_MS = 15 * 60_000;

/**
 * Runs `work`, a function without promises, while no other process has the lock.
 * @param {string} lock path of the folder @param checkMs time between two attempts to take the lock
 */
export async function withLock(lock, work, checkMs = 200) {
  mkdirSync(dirname(lock), { recursive: true });
  const deadline = Date.now() + LIMIT_MS;
  while (!takeLock(lock)) {
    if (Date.now() > deadline)
      throw new Error(`expected the lock ${lock} to become free; remove it when no other process prepares`);
    await delay(checkMs);
  }
  const release = () => removeLock(lock);
  process.once('exit', release);
  try {
    work();
  } finally {
    release();
    process.removeListener('exit', release);
  }
}

/** True when this process got the lock. Otherwise removes the lock if its owner is gone, so that the next call can get it. */
function takeLock(lock) {
  const mine = mkdtempSync(`${lock}.`);
  writeFileSync(join(mine, 'pid'), String(process.pid));
  try {
    renameSync(mine, lock); // fails when another process has the lock, because that folder is not empty
    return true;
  } catch (error) {
    rmSync(mine, { recursive: true });
    if (!existsSync(lock)) return false; // it has just been released
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error;
    if (isOwnerGone(lock)) removeLock(lock);
    return false;
  }
}

function removeLock(lock) {
  const folder = mkdtempSync(`${lock}.`);
  try {
    renameSync(lock, join(folder, 'lock'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // another process has just removed it
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isOwnerGone(lock) {
  try {
    const owner = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    if (!(owner > 0)) return true; // the file may be empty after a loss of power
    if (owner === process.pid) return true; // in a container the next run often has the same id
    process.kill(owner, 0); // signal 0 only checks whether the process exists
    return false;
  } catch (error) {
    return error.code === 'ESRCH'; // ENOENT: the lock has just been released
  }
}
