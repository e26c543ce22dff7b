/** The options of every command that talks to a coordinator. */
import type { Command } from 'commander';
import type { OutputOptions } from '../terminal/index.js';
import type { ConnectionOptions } from '../services/index.js';

export type SessionOptions = ConnectionOptions & OutputOptions;

export function withConnection(command: Command): Command {
  return command
    .option('--coordinator <url>', 'coordinator to ask (or BARKEEP_URL)')
    .option('--api-key <key>', 'its API key (or BARKEEP_API_KEY)')
    .option('--json', 'print JSON');
}
