import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openToAll } from './folders.js';

test('other users can run the programs and read the files of a folder that was closed to them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'barkeep-folders-'));
  try {
    const [bin, program, text] = [join(folder, 'bin'), join(folder, 'bin/program'), join(folder, 'bin/text')];
    mkdirSync(bin, { mode: 0o700 });
    writeFileSync(program, '', { mode: 0o700 });
    writeFileSync(text, '', { mode: 0o600 });
    openToAll(folder);
    const modes = [folder, bin, program, text].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o755, 0o755, 0o755, 0o644]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
