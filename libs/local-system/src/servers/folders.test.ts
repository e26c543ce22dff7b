import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openToAll } from './folders.js';

test('other users can run the programs and read the files of a folder that was closed to them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'barkeep-folders-'));
  try {
    const [bin, program, text] = ['bin', 'bin/program', 'bin/text'].map((name) => join(folder, name));
    mkdirSync(bin!);
    for (const file of [program!, text!]) writeFileSync(file, '');
    for (const [path, mode] of [
      [program!, 0o700],
      [text!, 0o600],
      [bin!, 0o700],
    ] as const)
      chmodSync(path, mode);
    openToAll(folder);
    const modes = [folder, bin!, program!, text!].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o755, 0o755, 0o755, 0o644]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
