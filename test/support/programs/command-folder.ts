/** A project folder for tests of the command line. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBarkeep } from './barkeep-command.js';
import type { ProgramRun } from './run-program.js';

const { PATH, HOME } = process.env;

/** Each test gets a new folder, which has only a package.json. Create one at the top of a test file. */
export class CommandFolder {
  path = '';

  constructor() {
    beforeEach(async () => {
      this.path = await mkdtemp(join(tmpdir(), 'barkeep-commands-'));
      await this.write('package.json', '{}');
    });
    afterEach(() => rm(this.path, { recursive: true, force: true }));
  }

  /** Runs `barkeep` in the folder, with no variables but PATH, HOME and `env`. */
  barkeep(args: string[], env: NodeJS.ProcessEnv = {}): Promise<ProgramRun> {
    return runBarkeep(args, this.path, { PATH, HOME, ...env });
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.path, name), text);
  }

  /** The names of the files and folders in it. */
  names(): Promise<string[]> {
    return readdir(this.path);
  }
}
