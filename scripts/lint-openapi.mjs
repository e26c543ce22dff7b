/** Writes the OpenAPI document of the built coordinator to a file and lints it with redocly's linter. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'barkeep-openapi-'));
try {
  require('reflect-metadata'); // Nest needs it before the app is loaded
  const { describeApi } = require('../apps/coordinator/dist/app.js');
  const file = join(folder, 'openapi.json');
  writeFileSync(file, JSON.stringify(await describeApi(), null, 2));
  const redocly = require.resolve('@redocly/cli/bin/cli.js');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const { status } = spawnSync(process.execPath, [redocly, 'lint', file], { stdio: 'inherit', env });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
