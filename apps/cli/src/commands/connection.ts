/** The options of every command that calls a coordinator. */
import type { Command } from 'commander';
import type { OutputOptions } from '../terminal/index.js';
import type { ConnectionOptions } from '../services/index.js';

export type SessionOptions = ConnectionOptions & OutputOptions;

export function withConnectionOptions(command: Command): Command {
  return command
    .option('--coordinator <url>', 'address of the coordinator (or BARKEEP_URL)')
    .option('--api-key <key>', 'its API key (or BARKEEP_ADMIN_KEY, or BARKEEP_API_KEY)')
    .option('--json', 'print JSON');
}
