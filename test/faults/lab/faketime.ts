/** Finds libfaketime, with which a fault can move the clock of one process. */
import { cacheFolder, canFetchPackages, fetchPackages, packageFolder } from '@barkeep/local-system';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Path of the library in Debian's package libfaketime, which is fetched if needed; undefined where it is not available.
 * @param note gets the reason when the package cannot be fetched
 */
export function faketimeLibrary(note: (line: string) => void): string | undefined {
  if (!canFetchPackages()) return undefined;
  const target = packageFolder('faketime', cacheFolder(process.env));
  const failure = existsSync(target) ? undefined : fetchPackages(['libfaketime'], target, process.env);
  if (failure !== undefined) note(`clock-jump and clock-off are skipped: ${failure}`);
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const library = join(target, 'usr/lib', triplet, 'faketime/libfaketimeMT.so.1');
  return existsSync(library) ? library : undefined;
}

/** The environment in which a process adds the seconds in `timeFile`, such as `+30` or `-30`, to the time of its clock. */
export function faketimeEnvironment(library: string, timeFile: string): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: timeFile,
    FAKETIME_CACHE_DURATION: '1', // seconds until the process reads the file again
    FAKETIME_DONT_FAKE_MONOTONIC: '1', // only the time of day moves; timers run as without the library
    // Otherwise a thread that waits with a time limit (the watchdog) spins: a fifth of a core for each process.
    FAKETIME_FORCE_MONOTONIC_FIX: '0',
  };
}
