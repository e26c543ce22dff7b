/**
 * A lock between processes. The lock is a folder with one file; the file's name begins with the id of the owner, the process that has the
 * lock.
 *
 * - To take the lock, a process makes a folder with its file, and gives it the name of the lock. This rename fails while the lock has a file.
 * - To free the lock, the owner removes its file. Another process does so when the owner is gone.
 *
 * Each file has another name. So a process that is late with the removal of an earlier owner's file does not free the lock of a later owner.
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
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
  let mine;
  while ((mine = takeLock(lock)) === undefined) {
    if (Date.now() > deadline)
      throw new Error(`expected the lock ${lock} to become free; remove it when no other process prepares`);
    await delay(checkMs);
  }
  const release = () => removeOwner(lock, mine);
  process.once('exit', release);
  try {
    work();
  } finally {
    release();
    process.removeListener('exit', release);
  }
}

/**
 * Takes the lock. When its owner is gone, frees it instead, so that the next call can take it.
 * @returns the name of this process's file; undefined when the lock was not taken
 */
function takeLock(lock) {
  const folder = mkdtempSync(`${lock}.`); // its name is unique, and so is the name of the file
  const mine = `${process.pid}-${basename(folder)}`;
  try {
    writeFileSync(join(folder, mine), '');
    renameSync(folder, lock);
    return mine;
  } catch (error) {
    rmSync(folder, { recursive: true });
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error;
    for (const owner of ownersOf(lock)) if (isGone(owner)) removeOwner(lock, owner);
    return undefined;
  }
}

/** The files in the lock: one, or none when it has just been freed. */
function ownersOf(lock) {
  try {
    return readdirSync(lock);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Removes an owner's file, and then the folder, unless another process has the lock by now. */
function removeOwner(lock, owner) {
  rmSync(join(lock, owner), { force: true });
  try {
    rmdirSync(lock);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) throw error;
  }
}

/** True when the process is gone that an owner's file names. A file of an earlier form of the lock names none. */
function isGone(owner) {
  const id = Number.parseInt(owner, 10);
  if (!(id > 0) || id === process.pid) return true; // in a container the next run often has the same id
  try {
    process.kill(id, 0); // signal 0 only checks whether the process exists
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
