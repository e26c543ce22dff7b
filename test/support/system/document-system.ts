/** A system on which the commands and programs of documents run, with `npx barkeep` on the PATH. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BARKEEP } from '../programs/barkeep-command.js';
import { runProgram, type ProgramRun } from '../programs/run-program.js';
import { TestSystem } from './system.js';

/** A command or program that takes longer is killed. */
const COMMAND_MAX_MS = 240_000;

export class DocumentSystem {
  private constructor(
    private readonly system: TestSystem,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Starts an empty system. @param home the home folder of its commands */
  static async create(home: string): Promise<DocumentSystem> {
    const system = await TestSystem.create({ BARKEEP_RECONCILE_SECONDS: '1' });
    const [coordinator] = [await system.coordinator(), await system.worker()];
    const bin = join(home, 'bin');
    mkdirSync(bin, { recursive: true });
    // `npx barkeep ARGUMENTS` runs the command of this checkout.
    const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${BARKEEP}" "$@"\n`;
    writeFileSync(join(bin, 'npx'), npx, { mode: 0o755 });
    const variables = { BARKEEP_URL: coordinator.url, HOME: home, NO_COLOR: '1' };
    return new DocumentSystem(system, { ...system.environment, ...variables, PATH: `${bin}:${process.env['PATH']}` });
  }

  /** Runs a command in a shell, in a folder. */
  run(command: string, folder: string): Promise<ProgramRun> {
    const options = { cwd: folder, env: this.env, timeout: COMMAND_MAX_MS };
    return runProgram('bash', ['-c', this.withAddresses(command)], options);
  }

  /** Replaces the addresses of `barkeep up`, which documents show, by those of this system. */
  withAddresses(text: string): string {
    return text
      .replaceAll(/http:\/\/(?:127\.0\.0\.1|localhost):3000/g, this.env['BARKEEP_URL']!)
      .replaceAll(/redis:\/\/127\.0\.0\.1:\d+\/\d/g, this.env['SESSION_REDIS_URL']!);
  }

  close(): Promise<void> {
    return this.system.close();
  }
}
