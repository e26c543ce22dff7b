/** A small disk in memory (tmpfs), which a fault can fill. The process must be allowed to mount. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const SIZE = '16m';
const PIECE = Buffer.alloc(4096, 1);

export class SmallDisk {
  private constructor(private readonly mountPoint: string) {
    process.once('exit', this.unmount);
  }

  /** Mounts a disk that the user with this id may write. @returns undefined where nothing can be mounted */
  static mount(mountPoint: string, { uid, gid }: { uid: number; gid: number }): SmallDisk | undefined {
    mkdirSync(mountPoint, { recursive: true });
    const options = `size=${SIZE},mode=0700,uid=${uid},gid=${gid}`;
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'barkeep-faults', mountPoint]);
    return status === 0 ? new SmallDisk(mountPoint) : undefined;
  }

  get folder(): string {
    return this.mountPoint;
  }

  /** Writes a file until nothing fits. @returns a function that removes it */
  fill(): () => void {
    const path = join(this.mountPoint, 'ballast');
    const file = openSync(path, 'a');
    try {
      // A shorter write, or an error, means that the disk is full.
      while (writeSync(file, PIECE) === PIECE.length);
    } catch {
      // full
    } finally {
      closeSync(file);
    }
    return () => rmSync(path, { force: true });
  }

  remove(): void {
    process.off('exit', this.unmount);
    this.unmount();
  }

  private readonly unmount = (): void => void spawnSync('umount', ['-l', this.mountPoint]);
}
