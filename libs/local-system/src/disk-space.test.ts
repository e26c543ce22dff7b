import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lowDiskText } from './disk-space.js';

test('little space on a disk is reported with its folder, also for a folder that does not exist yet', () => {
  const folder = join(tmpdir(), 'not-there-yet');
  expect(lowDiskText(folder, 0)).toBeUndefined();
  const [before, after] = lowDiskText(folder, Infinity)!.split(/\d+ MB/);
  expect([before, after]).toEqual(['only ', ` are left on the disk of ${tmpdir()}`]);
});

test('no lack of space is reported for /proc, which is on no disk', () => {
  if (process.platform === 'linux') expect(lowDiskText('/proc/not-there-yet')).toBeUndefined();
});
